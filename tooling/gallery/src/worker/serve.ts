import { isLabError } from '@lab/tensor-core/errors';
import type { Channel, Compute, Reply, Request } from './protocol';

/**
 * Answers requests with a demonstration's computing part. Runs wait for each other, since an engine computes one thing at
 * a time; a cancelled one gives way at its next look at the signal, or never starts.
 *
 * @param load gives the computing part, once
 */
export function serve<Input, Progress, Result>(
  channel: Channel,
  load: () => Promise<Compute<Input, Progress, Result>>,
): void {
  const running = new Map<number, AbortController>();
  const reply = (message: Reply<Progress, Result>): void => channel.postMessage(message);
  let compute: Promise<Compute<Input, Progress, Result>> | undefined;
  let last: Promise<void> = Promise.resolve();

  const run = async (
    { id, input, engine }: Extract<Request<Input>, { type: 'run' }>,
    stop: AbortController,
  ) => {
    const { signal } = stop;
    try {
      compute ??= load();
      const report = (value: Progress): void => {
        if (!signal.aborted) reply({ type: 'progress', id, value });
      };
      const value = signal.aborted ? undefined : await (await compute)(input, { signal, engine, report });
      reply(signal.aborted ? { type: 'cancelled', id } : { type: 'result', id, value: value as Result });
    } catch (error) {
      const isCancelled = signal.aborted && isLabError(error) && error.code === 'aborted';
      reply(isCancelled ? { type: 'cancelled', id } : { type: 'failed', id, message: messageOf(error) });
    } finally {
      running.delete(id);
    }
  };

  channel.addEventListener('message', ({ data }: MessageEvent<Request<Input>>) => {
    if (data.type === 'cancel') {
      running.get(data.id)?.abort();
      return;
    }
    const stop = new AbortController();
    running.set(data.id, stop);
    last = last.then(() => run(data, stop));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
