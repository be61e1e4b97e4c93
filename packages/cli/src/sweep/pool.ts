import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Piscina } from 'piscina';
import type { SweepJob } from '@lab/experiment/node';
import { LabError, type LabErrorCode } from '@lab/tensor-core/errors';
import type { Answer, JobProgress, Question } from './worker';

export interface JobPoolOptions {
  /** Jobs at a time, each in a thread with an engine of its own. */
  readonly workers: number;
  readonly options: Question['options'];
  readonly onProgress?: (progress: JobProgress) => void;
}

export interface JobPool {
  /**
   * Runs a job as soon as a thread is free, and gives its packed result.
   *
   * @throws LabError `aborted` when the signal was raised: the thread is then ended
   */
  run(job: SweepJob, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

/** Worker threads that run jobs. The event loop of the caller stays free, whatever an experiment does. */
export function jobPool({ workers, options, onProgress }: JobPoolOptions): JobPool {
  const pool = new Piscina<Question, Answer>({
    filename: workerFile(),
    minThreads: 1,
    maxThreads: workers,
    // The worker runs from the build: loaders and resolution conditions of the caller have no business there.
    execArgv: [],
  });
  if (onProgress) pool.on('message', onProgress);
  return {
    run: async (job, signal) => {
      const stopped = (): LabError => new LabError('aborted', `${job.experiment}: stopped by the signal`);
      const isRaised = (): boolean => signal.aborted;
      if (isRaised()) throw stopped();
      try {
        const answer = await pool.run({ job, options }, { signal });
        if ('parcel' in answer) return answer.parcel;
        throw new LabError(answer.code as LabErrorCode, answer.message);
      } catch (error) {
        throw isRaised() ? stopped() : error;
      }
    },
    close: async () => {
      await pool.destroy();
    },
  };
}

/** The built worker, looked up from this package whether it runs from its sources or from its build. */
function workerFile(): string {
  const here = typeof __filename === 'string' ? __filename : import.meta.url;
  return join(dirname(createRequire(here).resolve('@lab/cli/package.json')), 'dist', 'sweep-worker.js');
}
