export { fit } from './fit';
export {
  trainStep,
  type TrainState,
  type StepScalars,
  type TrainStep,
  type TrainStepOptions,
} from './train-step';
export type { EvaluateInfo, Evaluation, FitEvent, FitOptions, FitResult, Metrics } from './types';
export { trainer, type Trainer, type TrainerOptions } from './trainer';
