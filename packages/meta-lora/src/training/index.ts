export type { EpochReport, RetrainEvent, RetrainOptions, RetrainReport } from './report';
export { scoreOf } from './score';
export type { TaskOrder } from './rounds';
export type { Loss } from './slot-training';
export { tableTask, type TableBatch, type TableTaskOptions, type Task } from './tasks';
