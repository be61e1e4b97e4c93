import { jobId, unpackResult, type SweepJob } from '@lab/experiment/node';
import { jobPool, type JobPoolOptions } from '../pool';
import type { JobProgress } from '../worker';
import { keptSeconds, queueName, resultKey, type Connection } from './connect';

export interface ServeOptions extends Omit<JobPoolOptions, 'onProgress'> {
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
  const { workers, signal, stalledSeconds, log } = options;
  const listeners = new Map<string, (progress: JobProgress) => void>();
  const pool = jobPool({
    workers,
    options: options.options,
    onProgress: (progress) => listeners.get(progress.id)?.(progress),
  });
  const worker = new bullmq.Worker<SweepJob>(
    queueName,
    async (queued, token) => {
      const job = queued.data;
      const name = `${job.experiment} seed ${job.seed} (${job.id.slice(0, 8)})`;
      if (jobId(job) !== job.id) throw new bullmq.UnrecoverableError('the job is not what its id says');
      log(`${name}: started`);
      listeners.set(job.id, (progress) => void queued.updateProgress({ ...progress }).catch(() => undefined));
      try {
        const parcel = await pool.run(job, signal);
        const { status, error } = unpackResult(parcel);
        if (status !== 'completed') throw new Error(error?.message ?? status);
        await redis.set(resultKey(job.id), parcel, 'EX', keptSeconds);
        log(`${name}: done`);
      } catch (error) {
        if (!signal.aborted) {
          log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
          throw error;
        }
        await queued.moveToWait(token);
        throw new bullmq.WaitingError();
      } finally {
        listeners.delete(job.id);
      }
    },
    {
      connection: redis,
      concurrency: workers,
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
    await pool.close();
  }
}
