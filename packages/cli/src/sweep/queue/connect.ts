import type * as BullMq from 'bullmq';
import type { Redis } from 'ioredis';
import { LabError } from '@lab/tensor-core/errors';

export const queueName = 'lab-sweep';

/** Results that nobody fetched, and the record of what was run, stay on the queue for a week. */
export const keptSeconds = 7 * 24 * 3600;

/** Where the queue keeps a job's packed result: apart from the job, whose every event would carry it otherwise. */
export const resultKey = (id: string): string => `${queueName}:result:${id}`;

/** Names on the queue; a name of digits alone is not allowed there. */
export const queueId = (id: string): string => `run-${id}`;

export interface Connection {
  readonly bullmq: typeof BullMq;
  readonly redis: Redis;
  close(): Promise<void>;
}

/**
 * Loads BullMQ and connects to a Redis server.
 *
 * @param url such as `redis://HOST:6379`; `rediss:` is encrypted
 * @throws LabError `argument` for another address, `missing` when BullMQ is not installed or no server answers
 */
export async function connect(url: string): Promise<Connection> {
  const where = serverOf(url);
  const { bullmq, Client } = await load();
  const redis = new Client(url, { maxRetriesPerRequest: null, lazyConnect: true, connectTimeout: 10_000 });
  // Without a listener a lost connection ends the process; ioredis connects again by itself.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
  } catch (cause) {
    redis.disconnect();
    throw new LabError('missing', `no Redis server answers at ${where}`, {
      argument: '--queue',
      hint: 'start one (redis-server), or look at the address and the password',
      cause,
    });
  }
  return {
    bullmq,
    redis,
    close: async () => {
      await redis.quit();
    },
  };
}

/** Host and port, without the password that an address may hold. */
function serverOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ['redis:', 'rediss:'].includes(parsed.protocol) && parsed.hostname) return parsed.host;
  throw new LabError('argument', '--queue is the address of a Redis server', {
    argument: '--queue',
    expected: 'such as redis://localhost:6379',
  });
}

async function load() {
  try {
    const [bullmq, { Redis: Client }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, Client };
  } catch (cause) {
    throw new LabError('missing', 'a sweep over a queue needs BullMQ, which is not installed', {
      argument: '--queue',
      hint: 'npm install bullmq ioredis',
      cause,
    });
  }
}
