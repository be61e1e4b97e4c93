export { causalControl, causalControlFromScore } from './causal';
export { knownTargetControl, knownTargetValue, type KnownTargetOptions } from './known-target';
export { linearDriftPath, type DriftingPath, type LinearDriftOptions } from './linear-drift';
export { linearStylePath, type LinearStyleOptions, type OptimalPath } from './linear-style';
export {
  descendedPoint,
  proximalPoint,
  stepBound,
  type DescendedPointOptions,
  type ProximalPointOptions,
} from './proximal';
export type { LinearStyle } from './shapes';
