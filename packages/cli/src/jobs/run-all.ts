import type { RunResult } from '@lab/experiment';
import type { Job, JobPlace, JobRunner } from './job';
import type { ProgressBoard } from '../terminal/progress';
import { failedJob } from './run-job';
import type { Unfinished } from './unfinished';

export interface RunAllOptions {
  readonly runner: JobRunner;
  readonly place: JobPlace;
  readonly board: ProgressBoard;
  readonly signal: AbortSignal;
  /** Finished jobs are taken from here and kept here. */
  readonly unfinished?: Unfinished | undefined;
  /** Told how many jobs an earlier run had finished. */
  readonly onTaken?: (count: number) => void;
  /** Called as each job ends, with all results so far in the order of the jobs. */
  readonly onResult: (result: RunResult, all: readonly RunResult[]) => Promise<void> | void;
}

/**
 * Runs jobs, as many at a time as the runner can.
 *
 * @returns results in the order of the jobs; those not begun when the signal was raised are left out
 */
export async function runAll(
  jobs: readonly Job[],
  { runner, place, board, signal, unfinished, onTaken, onResult }: RunAllOptions,
): Promise<RunResult[]> {
  const results = new Array<RunResult | undefined>(jobs.length);
  const ended = (): RunResult[] => results.filter((each) => each !== undefined);
  const waiting: number[] = [];
  for (const [index, job] of jobs.entries()) {
    const found = await unfinished?.find(job);
    if (found === undefined) waiting.push(index);
    else {
      results[index] = found;
      await onResult(found, ended());
    }
  }

  if (waiting.length < jobs.length) onTaken?.(jobs.length - waiting.length);

  const lane = async (): Promise<void> => {
    for (let index = waiting.shift(); index !== undefined && !signal.aborted; index = waiting.shift()) {
      const job = jobs[index]!;
      const title = `${job.paper}/${job.experiment}`;
      const progress = board.start(jobs.length === 1 ? title : `[${index + 1}/${jobs.length}] ${title}`);
      const watch = { onProgress: progress.update, onLog: progress.log, signal };
      const result = await runner.run(job, watch).catch((error: unknown) => failedJob(job, place, error));
      progress.stop();
      results[index] = result;
      await unfinished?.keep(job, result);
      await onResult(result, ended());
    }
  };
  try {
    await Promise.all(Array.from({ length: runner.size }, lane));
  } finally {
    board.stop();
    runner.close();
  }
  return ended();
}
