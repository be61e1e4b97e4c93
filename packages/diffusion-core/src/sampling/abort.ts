import { LabError } from '@lab/tensor-core/errors';

/** @throws LabError `aborted`, with the caller's reason as its cause, once the signal has fired */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted)
    throw new LabError('aborted', `${what} was aborted by the caller's signal`, { cause: signal.reason });
}

/** Lets timers and input run when this has not happened for about 100 ms; otherwise costs one clock reading. */
export function eventLoopBreather(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < 100) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}
