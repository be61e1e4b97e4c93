export type * from './types';
export type { ChannelOptions, ChannelSelection, ConstraintBase, LevelOptions, PerSample } from './constraint';
export type { Constraint } from './union';
export { mean, sum, total, type MeanConstraint, type TotalConstraint } from './levels';
export {
  bounds,
  fixed,
  type BoundsConstraint,
  type BoundsOptions,
  type Curve,
  type FixedConstraint,
  type FixedOptions,
} from './entries';
export {
  argmaxAt,
  argminAt,
  peak,
  trough,
  type ArgmaxConstraint,
  type ArgminConstraint,
  type ExtremeAtOptions,
  type PeakConstraint,
  type PeakOptions,
  type TroughConstraint,
} from './extremes';
export {
  maxCurvature,
  maxStep,
  monotone,
  ohlc,
  returns,
  totalReturn,
  type MaxCurvatureConstraint,
  type MaxStepConstraint,
  type MonotoneConstraint,
  type MonotoneOptions,
  type OhlcConstraint,
  type OhlcOptions,
  type ReturnsConstraint,
  type ReturnsOptions,
  type StepLimitOptions,
  type TotalReturnConstraint,
  type TotalReturnOptions,
} from './shapes';
export {
  energy,
  l1Ball,
  l2Ball,
  simplex,
  type BallOptions,
  type EnergyOptions,
  type L1BallConstraint,
  type L2BallConstraint,
  type SimplexConstraint,
  type SimplexOptions,
} from './balls';
export { equality, inequality, linear, type LinearConstraint, type Matrix, type RowBounds } from './matrix';
export {
  autocorrelation,
  meanAbsoluteChange,
  spectralAmplitude,
  std,
  volatility,
  type AutocorrelationConstraint,
  type AutocorrelationOptions,
  type MeanAbsoluteChangeConstraint,
  type SpectralAmplitudeConstraint,
  type SpectralAmplitudeOptions,
  type StdConstraint,
  type VolatilityConstraint,
  type VolatilityOptions,
} from './statistics';
export { custom, type CustomConstraint, type CustomOptions } from './custom';
export { all, anyOf, type AnyOfConstraint, type ConstraintSet } from './combine';
export { constraintsFrom, type ConstraintsFromOptions } from './from-series';
export { constraintFromJSON } from './from-json';
export { constraintSchema, type ConstraintJson } from './schema';
