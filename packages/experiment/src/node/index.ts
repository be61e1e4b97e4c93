export { readResult, writeResult, type WriteResultOptions, type WrittenResult } from './write-result';
export { jobId, planSweep, type SweepJob, type SweepPlan } from './sweep/plan';
export { packResult, unpackResult } from './sweep/parcel';
export { aggregateSweep, type SweepRun } from './sweep/aggregate';
export { readJob, writeJob, writeSweep } from './sweep/folder';
