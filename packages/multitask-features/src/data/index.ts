export type { Samples } from './samples';
export type { LabelledBatch, TaskData, TaskSampler, TaskSource, TaskStream } from './task-data';
export { labelColumns, oneVsRest } from './label-table';
export { whiten, whitening, type Whitening } from './whitening';
export { normalityReport, type NormalityReport } from './normality';
