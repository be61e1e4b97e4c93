export { conjugateGradient, type ConjugateGradientOptions } from './conjugate-gradient';
export { imageProblem, type ImageProblemOptions, type LatentModel } from './image-problem';
export { linearProblem, type LinearProblem, type LinearProblemOptions } from './linear-problem';
export type {
  Differentiation,
  EmbeddingGradient,
  EmbeddingPoint,
  GuidanceGradient,
  GuidancePoint,
  GuidanceTerms,
  InverseProblem,
  MomentMatchingOptions,
} from './types';
