export {
  empiricalPrior,
  mixturePrior,
  type EmpiricalPriorOptions,
  type MixturePrior,
  type MixturePriorOptions,
  type MixtureState,
} from './mixture-prior';
export {
  exactMean,
  exactPosterior,
  likelihoodScore,
  logLikelihood,
  type ExactPosterior,
  type LinearMeasurement,
} from './exact-posterior';
export { likelihoodBounds, spectralNorm, type LikelihoodBounds } from './likelihood-bounds';
