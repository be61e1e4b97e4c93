export {
  initialState,
  invert,
  type Init,
  type InitialStateOptions,
  type InvertOptions,
} from './initial-state';
export {
  innerLoop,
  type Descended,
  type InnerLoop,
  type InnerLoopPoint,
  type SurrogateOptions,
} from './inner-loop';
export { presets, type PresetTask } from './presets';
export { stsl, type StslControlOptions } from './stsl';
export { decodeImages, stslRestore, type RestoreResult } from './stsl-restore';
export { stslSample, type LatentResult, type RunStats, type StslOptions } from './stsl-sample';
export type { StepRule } from './step-rule';
export { trainedTimes, type TrainedTimesOptions } from './times';
