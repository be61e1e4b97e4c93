import type { EngineName } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import { client, type Client } from '../worker/client';

export type RunState = 'idle' | 'running' | 'done' | 'cancelled' | 'failed';

export interface RunnerEvents {
  readonly state: (state: RunState, text: string) => void;
}

export interface RunCalls<Input, Progress, Result> {
  readonly input: () => Input;
  readonly engine: () => EngineName;
  readonly progress: (value: Progress) => { readonly done: number; readonly text: string };
  readonly onDone: (done: number) => void;
  readonly result: (value: Result) => string;
}

/** Milliseconds that a worker has to give way before it is ended; the next run starts a new one. */
const patience = 1500;

/** Runs a demonstration in its worker, one run at a time. */
export function runner<Input, Progress, Result>(
  start: () => Worker,
  calls: RunCalls<Input, Progress, Result>,
  { state }: RunnerEvents,
) {
  let worker: { readonly process: Worker; readonly client: Client<Input, Progress, Result> } | undefined;
  let current: AbortController | undefined;

  const open = () => {
    const process = start();
    const opened = { process, client: client<Input, Progress, Result>(process) };
    process.addEventListener('error', (event) => {
      event.preventDefault();
      close();
      opened.client.fail(event.message || 'the worker could not be loaded');
    });
    return opened;
  };
  const close = (): void => {
    worker?.process.terminate();
    worker = undefined;
  };
  const cancel = (): void => {
    const stopped = current;
    if (stopped === undefined || stopped.signal.aborted) return;
    stopped.abort();
    const [pending] = [worker];
    setTimeout(() => {
      if (current !== stopped || worker !== pending) return;
      close();
      pending?.client.fail('cancelled');
    }, patience);
  };

  const run = async (): Promise<void> => {
    cancel();
    const mine = new AbortController();
    current = mine;
    const isMine = (): boolean => current === mine && !mine.signal.aborted;
    state('running', 'Starting');
    try {
      worker ??= open();
      const value = await worker.client.run(calls.input(), {
        engine: calls.engine(),
        signal: mine.signal,
        onProgress: (value) => {
          if (!isMine()) return;
          const { done, text } = calls.progress(value);
          calls.onDone(done);
          state('running', text);
        },
      });
      if (current === mine) state('done', calls.result(value));
    } catch (error) {
      if (current !== mine) return;
      const isCancelled = mine.signal.aborted || (isLabError(error) && error.code === 'aborted');
      if (isCancelled) state('cancelled', 'Cancelled.');
      else state('failed', error instanceof Error ? error.message : String(error));
    }
  };
  return { run, cancel, close };
}
