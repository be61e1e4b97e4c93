import { jobId, packResult, type SweepJob } from '@lab/experiment/node';
import type { JobRunner } from '../../jobs/job';
import { jobOf } from '../runner';
import { keptSeconds, queueName, resultKey, type Connection } from './connect';

export interface ServeOptions {
  readonly runner: JobRunner;
  readonly dataDir: string | undefined;
  readonly signal: AbortSignal;
  /** A job whose worker gave no sign for so long is given to another. */
  readonly stalledSeconds: number;
  readonly log: (line: string) => void;
}

/** A worker that breaks this many times at one job is broken by the job. */
const mostStalls = 10;

/** Takes jobs from the queue until the signal; those that are not done by then go back to the queue at once. */
export async function serveQueue(connection: Connection, options: ServeOptions): Promise<void> {
  const { bullmq, redis } = connection;
  const { runner, dataDir, signal, stalledSeconds, log } = options;
  const worker = new bullmq.Worker<SweepJob>(
    queueName,
    async (queued, token) => {
      const job = queued.data;
      const name = `${job.experiment} seed ${job.seed} (${job.id.slice(0, 8)})`;
      if (jobId(job) !== job.id) throw new bullmq.UnrecoverableError('the job is not what its id says');
      log(`${name}: started`);
      // Redis need not hear of every step.
      let told = 0;
      const onProgress = (fraction: number): void => {
        if (performance.now() - told < 250) return;
        told = performance.now();
        void queued.updateProgress({ id: job.id, fraction }).catch(() => undefined);
      };
      try {
        const watch = { signal, onProgress, onLog: (line: string) => log(`${name}: ${line}`) };
        const result = await runner.run(jobOf(job, dataDir), watch);
        if (result.status !== 'completed') throw new Error(result.error?.message ?? result.status);
        await redis.set(resultKey(job.id), packResult(result), 'EX', keptSeconds);
        log(`${name}: done`);
      } catch (error) {
        if (!signal.aborted) {
          log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
          throw error;
        }
        await queued.moveToWait(token);
        throw new bullmq.WaitingError();
      }
    },
    {
      connection: redis,
      concurrency: runner.size,
      lockDuration: 1000 * stalledSeconds,
      stalledInterval: 1000 * stalledSeconds,
      maxStalledCount: mostStalls,
    },
  );
  worker.on('error', (error) => log(error.message));
  worker.on('stalled', (id) => log(`${id}: its worker gave no sign; back on the queue`));
  try {
    await worker.waitUntilReady();
    log('waiting for jobs');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await worker.close();
    runner.close();
  }
}
