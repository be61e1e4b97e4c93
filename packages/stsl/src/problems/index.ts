export { conjugateGradient, type ConjugateGradientOptions } from './conjugate-gradient';
export { imageProblem, type ImageProblemOptions, type LatentModel } from './image-problem';
export { linearProblem, type LinearProblem, type LinearProblemOptions } from './linear-problem';
export type {
  EmbeddingGradient,
  EmbeddingPoint,
  GuidanceGradient,
  GuidancePoint,
  Differentiation,
  GuidanceTerms,
  InverseProblem,
  MomentMatchingOptions,
} from './types';
