export { adam, adamw, type AdamOptions, type AdamWOptions } from './adam';
export { applyUpdates } from './apply-updates';
export { ema, type Ema, type EmaOptions, type EmaState } from './ema';
export { lion, type LionOptions } from './lion';
export {
  constantSchedule,
  cosineDecay,
  inverseSqrt,
  linearDecay,
  piecewise,
  warmup,
  type InverseSqrtOptions,
  type LearningRateSchedule,
  type LinearDecayOptions,
  type WarmupOptions,
} from './schedules';
export { sgd, type SgdOptions } from './sgd';
export {
  addDecayedWeights,
  chain,
  clip,
  clipByGlobalNorm,
  identity,
  scale,
  scaleBySchedule,
  type WeightDecayOptions,
} from './transformations';
export type { GradientTransformation, OptimizerState, OptimizerUpdate, UpdateNumbers } from './types';
export { countGrowth, countsAlone, countsOf, joinCounts, withoutCounts } from './counts';
export { numbersOf } from './numbers';
