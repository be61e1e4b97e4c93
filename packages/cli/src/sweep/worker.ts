import { parentPort } from 'node:worker_threads';
import { packResult, type SweepJob } from '@lab/experiment/node';
import { isLabError } from '@lab/tensor-core/errors';
import { runJob, type RunJobOptions } from './run-job';

/** What a thread is asked. */
export interface Question {
  readonly job: SweepJob;
  readonly options: Omit<RunJobOptions, 'onProgress'>;
}

/** A packed result, or why there is none: an error would lose its code on the way out of the thread. */
export type Answer = { readonly parcel: string } | { readonly code: string; readonly message: string };

/** Where a job is, sent while it runs. */
export interface JobProgress {
  readonly id: string;
  readonly fraction: number;
}

/** The thread's side of `jobPool`. */
export default async function answer({ job, options }: Question): Promise<Answer> {
  let sent = 0;
  const onProgress = (fraction: number): void => {
    if (performance.now() - sent < 250) return;
    sent = performance.now();
    parentPort?.postMessage({ id: job.id, fraction } satisfies JobProgress);
  };
  try {
    return { parcel: packResult(await runJob(job, { ...options, onProgress })) };
  } catch (error) {
    if (isLabError(error)) return { code: error.code, message: error.message };
    throw error;
  }
}
