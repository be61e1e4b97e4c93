import type { RunResult } from '@lab/experiment';
import type { LabErrorCode } from '@lab/tensor-core/errors';
import type { Job, JobPlace } from './job';

/** To a process that runs jobs, one at a time. */
export type ToWorker =
  { readonly kind: 'run'; readonly job: Job; readonly place: JobPlace } | { readonly kind: 'abort' };

/** From it. `refused`: the job could not be begun. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly fraction: number; readonly label?: string }
  | { readonly kind: 'log'; readonly line: string }
  | { readonly kind: 'done'; readonly result: RunResult }
  | ({ readonly kind: 'refused' } & Refusal);

/** An error would lose its code on the way. */
export interface Refusal {
  readonly message: string;
  readonly code?: LabErrorCode;
}
