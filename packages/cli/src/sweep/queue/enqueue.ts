import type { Job, Queue } from 'bullmq';
import { unpackResult, type SweepJob } from '@lab/experiment/node';
import { attempts, type JobProgress, type RunnerEvents } from '../runner';
import { keptSeconds, queueId, queueName, resultKey, type Connection } from './connect';

/**
 * Puts jobs on the queue and waits until workers have done them. A job that is there already, from this or another
 * sweep, is not put there twice; one that is done gives its result at once, one that had failed is tried anew.
 */
export async function runOnQueue(
  jobs: readonly SweepJob[],
  connection: Connection,
  { signal, onResult, onFailure, onProgress }: RunnerEvents,
): Promise<void> {
  const { bullmq, redis } = connection;
  const queue = new bullmq.Queue<SweepJob>(queueName, { connection: redis });
  const events = new bullmq.QueueEvents(queueName, { connection: redis });
  // Every job that is waited for listens.
  events.setMaxListeners(0);
  events.on('error', () => undefined);
  events.on('progress', ({ data }) => {
    if (isProgress(data)) onProgress(data);
  });
  const aborted = new Promise<'aborted'>((resolve) => {
    const stop = (): void => resolve('aborted');
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  const runOne = async (job: SweepJob): Promise<void> => {
    try {
      const queued = await put(job, queue, connection);
      const finished = queued.waitUntilFinished(events);
      // After an abort nobody looks at it any more.
      finished.catch(() => undefined);
      if ((await Promise.race([finished, aborted])) === 'aborted') return;
    } catch (error) {
      if (!signal.aborted) onFailure(job, error instanceof Error ? error.message : String(error));
      return;
    }
    const parcel = await redis.get(resultKey(job.id));
    if (parcel === null) onFailure(job, 'its result is no longer on the queue');
    else await onResult(job, unpackResult(parcel));
  };
  try {
    await events.waitUntilReady();
    await Promise.all(jobs.map(runOne));
  } finally {
    await events.close();
    await queue.close();
  }
}

async function put(job: SweepJob, queue: Queue<SweepJob>, { redis }: Connection): Promise<Job<SweepJob>> {
  const jobId = queueId(job.id);
  const before = await queue.getJob(jobId);
  if (before) {
    const isDone = (await before.isCompleted()) && (await redis.exists(resultKey(job.id))) === 0;
    if (isDone || (await before.isFailed())) await before.remove();
  }
  return queue.add(job.experiment, job, {
    jobId,
    attempts,
    backoff: { type: 'exponential', delay: 1000 },
    removeOnComplete: { age: keptSeconds },
    removeOnFail: { age: keptSeconds },
  });
}

function isProgress(data: unknown): data is JobProgress {
  return typeof data === 'object' && data !== null && 'id' in data && 'fraction' in data;
}
