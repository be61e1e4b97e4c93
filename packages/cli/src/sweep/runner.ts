import type { RunResult } from '@lab/experiment';
import type { SweepJob } from '@lab/experiment/node';
import { isLabError } from '@lab/tensor-core/errors';
import type { Job, JobRunner } from '../jobs/job';

/** What a runner tells while it works; each job ends in `onResult` or `onFailure`, or in neither after an abort. */
export interface RunnerEvents {
  readonly onProgress: (progress: JobProgress) => void;
  readonly signal: AbortSignal;
  readonly onResult: (job: SweepJob, result: RunResult) => Promise<void>;
  readonly onFailure: (job: SweepJob, reason: string) => void;
}

/** Where a job is, told while it runs. */
export interface JobProgress {
  readonly id: string;
  readonly fraction: number;
}

/** How often a job is tried when the process that runs it breaks. */
export const attempts = 3;

/** A sweep's job as the runner of jobs takes it. */
export function jobOf({ experiment, ...rest }: SweepJob, dataDir: string | undefined): Job {
  const [paper = '', id = ''] = experiment.split('/');
  const { version, scale, seed, settings, engine, threads } = rest;
  return { paper, experiment: id, version, scale, seed, settings, engine, threads, dataDir };
}

/** Runs jobs on this machine. An experiment that throws would throw again: only a broken process is tried again. */
export async function runHere(
  jobs: readonly SweepJob[],
  { runner, dataDir }: { readonly runner: JobRunner; readonly dataDir: string | undefined },
  { signal, onResult, onFailure, onProgress }: RunnerEvents,
): Promise<void> {
  const runOne = async (job: SweepJob, left: number): Promise<void> => {
    let result: RunResult;
    try {
      result = await runner.run(jobOf(job, dataDir), {
        signal,
        onProgress: (fraction) => onProgress({ id: job.id, fraction }),
        onLog: () => undefined,
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!isLabError(error) && left > 1) return runOne(job, left - 1);
      onFailure(job, error instanceof Error ? error.message : String(error));
      return;
    }
    if (result.status === 'aborted' && signal.aborted) return;
    if (result.status !== 'completed') onFailure(job, result.error?.message ?? result.status);
    await onResult(job, result);
  };
  await Promise.all(jobs.map((job) => runOne(job, attempts)));
}
