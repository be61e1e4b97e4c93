export type {
  Floats,
  MaskingSchedule,
  TokenArray,
  TokenDenoiser,
  TokenPredictContext,
  TokenPrediction,
} from './types';
export {
  cosineMasking,
  cosineSquaredMasking,
  geometricMasking,
  linearMasking,
  logLinearMasking,
  type LogLinearOptions,
  type NoiseRangeOptions,
} from './schedules/masking';
export {
  evenMaskingTime,
  maskingTimes,
  maskTokens,
  type MaskingTimesOptions,
  type MaskTokensOptions,
} from './forward/mask-tokens';
export * from './solvers';
export { cleanLogProbability, cleanProbabilities, drawToken, likeliest, type Row } from './sampling/row';
export { nucleus, type NucleusOptions, type NucleusRule } from './sampling/nucleus';
export { officialTimes } from './sampling/grid';
export { firstTokens } from './sampling/first-tokens';
export { steered } from './sampling/steered';
export { bannedTokens } from './sampling/controls';
export { sampleTokens } from './sampling/sample-tokens';
export { sampleWindows, type SampleWindowsOptions } from './sampling/sample-windows';
export { guidedTokens, type TokenGuidanceOptions } from './sampling/token-guidance';
export type {
  Place,
  SampleTokensOptions,
  SampleTokensResult,
  TokenControl,
  TokenStep,
} from './sampling/options';
export { oracleDenoiser, type JointTable } from './exact/oracle-denoiser';
export { propagate, type PropagateOptions } from './exact/propagate';
export {
  discreteNelbo,
  exactNelbo,
  stepWeight,
  subsetSum,
  subsetWeight,
  type DiscreteNelboOptions,
  type ExactOptions,
} from './exact/exact-nelbo';
export { maskedCrossEntropy } from './likelihood/masked-cross-entropy';
export { nelbo, type NelboOptions } from './likelihood/nelbo';
export { likelihoodSummary, type LikelihoodParts, type Nelbo } from './likelihood/summary';
export { assertClean, assertDraws, assertTokens } from './validate';
export { crossEntropy, maskedTokenLoss, subs, withoutMask } from './networks/subs';
export {
  networkTokenDenoiser,
  type NetworkTokenDenoiserOptions,
  type TokenNetwork,
} from './networks/network-token-denoiser';
export { tokenTransformer, transformerSize } from './networks/transformer/token-transformer';
export type {
  TokenTransformer,
  TokenTransformerOptions,
  TokenTransformerParams,
  TransformerBlockWeights,
  KeyValues,
  StepInputs,
  StepResult,
  TransformerInputs,
} from './networks/transformer/types';
export {
  networkRunner,
  type NetworkCall,
  type NetworkRunner,
  type RunnableNetwork,
} from '../networks/network-runner';
