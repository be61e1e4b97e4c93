import { LabError } from '@lab/tensor-core/errors';

/** @throws LabError `aborted`, with the caller's reason as its cause, once the signal has fired */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted)
    throw new LabError('aborted', `${what} was aborted by the caller's signal`, { cause: signal.reason });
}
