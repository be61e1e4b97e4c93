import type { RunResult } from '@lab/experiment';
import { unpackResult, type SweepJob } from '@lab/experiment/node';
import { isLabError } from '@lab/tensor-core/errors';
import type { JobPool } from './pool';

/** What a runner tells while it works; each job ends in `onResult` or `onFailure`, or in neither after an abort. */
export interface RunnerEvents {
  readonly signal: AbortSignal;
  readonly onResult: (job: SweepJob, result: RunResult) => Promise<void>;
  readonly onFailure: (job: SweepJob, reason: string) => void;
}

/** How often a job is tried when its thread or its worker process breaks. */
export const attempts = 3;

/** Runs jobs in this process. An experiment that throws would throw again: only a broken thread is tried again. */
export async function runInProcess(
  jobs: readonly SweepJob[],
  pool: JobPool,
  { signal, onResult, onFailure }: RunnerEvents,
): Promise<void> {
  const runOne = async (job: SweepJob, left: number): Promise<void> => {
    let result: RunResult;
    try {
      result = unpackResult(await pool.run(job, signal));
    } catch (error) {
      if (signal.aborted) return;
      if (!isLabError(error) && left > 1) return runOne(job, left - 1);
      onFailure(job, error instanceof Error ? error.message : String(error));
      return;
    }
    if (result.status !== 'completed') onFailure(job, result.error?.message ?? result.status);
    await onResult(job, result);
  };
  await Promise.all(jobs.map((job) => runOne(job, attempts)));
}
