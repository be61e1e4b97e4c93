export {
  scoreOf,
  type EpochReport,
  type RetrainEvent,
  type RetrainOptions,
  type RetrainReport,
} from './retrain';
export type { TaskOrder } from './rounds';
export type { Loss } from './slot-training';
export { tableTask, type TableBatch, type TableTaskOptions, type Task } from './tasks';
