export { unlearn } from './unlearn';
export type { StepEvent, UnlearnOptions, UnlearnResult } from './options';
