export {
  mamlGradientLinear,
  mamlLinear,
  reptileLinear,
  sharedAdapterLinear,
  type InnerDescentOptions,
} from './baselines';
export {
  changeParameters,
  expectedRisk,
  requiredRank,
  standardSolution,
  testFloor,
  type RequiredRankOptions,
} from './standard';
export { eliminate, type Eliminated, type Factors } from './eliminated';
export { fitLinear, type FitLinearOptions, type LinearFit } from './fit';
export { innerSolve, type InnerSolution } from './inner-solve';
export { landscapeReport, type LandscapeReport } from './landscape';
export { metaLoss, type MetaLoss } from './meta-loss';
export {
  adapterDirection,
  fineTuneLinear,
  retrainLinear,
  standardRetrainLinear,
  type FineTuneLinearOptions,
  type RetrainedLinear,
  type RetrainLinearOptions,
} from './sample-retrain';
export {
  drawLinearSamples,
  drawLinearTasks,
  linearTasks,
  momentsOf,
  type LinearSamples,
  type LinearTasks,
  type LinearTasksOptions,
  type Moments,
} from './tasks';
export type { AdapterForm, AdapterOptions } from './targets';
