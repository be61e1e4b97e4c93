import type { EngineName } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Channel, Reply, Request } from './protocol';

export interface RunOptions<Progress> {
  readonly engine: EngineName;
  readonly signal: AbortSignal;
  readonly onProgress: (value: Progress) => void;
}

/** The page's end of the channel to a worker. */
export interface Client<Input, Progress, Result> {
  /**
   * @throws LabError `aborted` when the signal stopped it; an error with the worker's message when it failed
   */
  run(input: Input, options: RunOptions<Progress>): Promise<Result>;
  /** Ends all that still runs with an error; for a worker that died. */
  fail(message: string): void;
}

interface Pending<Progress, Result> {
  readonly onProgress: (value: Progress) => void;
  readonly resolve: (value: Result) => void;
  readonly reject: (error: Error) => void;
}

export function client<Input, Progress, Result>(channel: Channel): Client<Input, Progress, Result> {
  const pending = new Map<number, Pending<Progress, Result>>();
  let count = 0;

  channel.addEventListener('message', ({ data }: MessageEvent<Reply<Progress, Result>>) => {
    const run = pending.get(data.id);
    if (run === undefined) return;
    if (data.type === 'progress') {
      run.onProgress(data.value);
      return;
    }
    pending.delete(data.id);
    if (data.type === 'result') run.resolve(data.value);
    else if (data.type === 'failed') run.reject(new Error(data.message));
    else run.reject(new LabError('aborted', 'the run was cancelled'));
  });

  return {
    run(input, { engine, signal, onProgress }) {
      const id = count++;
      const send = (request: Request<Input>): void => channel.postMessage(request);
      const cancel = (): void => send({ type: 'cancel', id });
      return new Promise<Result>((resolve, reject) => {
        pending.set(id, { onProgress, resolve, reject });
        send({ type: 'run', id, input, engine });
        if (signal.aborted) cancel();
        else signal.addEventListener('abort', cancel, { once: true });
      }).finally(() => signal.removeEventListener('abort', cancel));
    },
    fail(message) {
      for (const { reject } of pending.values()) reject(new Error(message));
      pending.clear();
    },
  };
}
