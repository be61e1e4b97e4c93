export { gelu, geluTanh, logSoftmax, relu, silu, type Activation } from './activations';
export {
  gatherWeight,
  isAdaptedWeight,
  matMulWeight,
  type AdaptedWeight,
  type LowRankBranch,
} from './adapted-weight';
export { attend, type Attend, type AttendOptions } from './attend';
export { attention, type AttentionInputs, type AttentionOptions, type AttentionParams } from './attention';
export { residual, sequential, type SequentialParams } from './compose';
export { conv1d, conv2d, type ConvOptions, type ConvParams } from './conv';
export { dropout, type DropoutOptions } from './dropout';
export { embedding, type EmbeddingOptions, type EmbeddingParams } from './embedding';
export {
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  normalInit,
  onesInit,
  orthogonal,
  truncatedInit,
  uniformInit,
  zerosInit,
  type Initializer,
} from './initializers';
export { linear, type LinearOptions, type LinearParams } from './linear';
export { mlp, type MlpOptions, type MlpParams } from './mlp';
export type { Module } from './module';
export {
  groupNorm,
  layerNorm,
  rmsNorm,
  type GroupNormOptions,
  type NormOptions,
  type NormParams,
} from './norms';
export { rotary, type RotaryOptions } from './rotary';
export {
  sinusoidalEmbedding,
  timeEmbedding,
  type SinusoidalOptions,
  type TimeEmbeddingOptions,
} from './time-embedding';
