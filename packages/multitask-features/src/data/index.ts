export type { Samples } from './samples';
export type { TaskData, TaskSampler, TaskSource } from './task-data';
export { labelColumns, oneVsRest } from './label-table';
export { whiten, whitening, type Whitening } from './whitening';
