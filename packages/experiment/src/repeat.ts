import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { RunContext } from './types';

export interface Repeat {
  /** 0, 1, ... n - 1. */
  readonly index: number;
  /** Independent of every other repeat's; the same for all methods that are compared on this repeat. */
  readonly key: Key;
  /** Where this repeat is, in [0, 1]; passed on as its part of the whole. */
  readonly progress: (fraction: number, label?: string) => void;
}

/**
 * Runs something n times with independent keys, one after another, and gives the results in order. Progress is shared
 * out evenly, the signal is looked at between repeats, and the event loop gets a turn after each.
 *
 * @throws LabError `aborted` when the signal was raised
 * @example
 * const errors = await repeat(context, 5, async ({ key }) => await measure(key));
 * const { mean, low, high } = summarize(errors);
 */
export async function repeat<T>(
  context: Pick<RunContext<unknown>, 'key' | 'signal' | 'progress'>,
  n: number,
  run: (repeat: Repeat) => T | Promise<T>,
): Promise<T[]> {
  if (!Number.isInteger(n) || n < 1)
    throw new LabError('argument', 'repeat: n is not a count', {
      argument: 'n',
      received: n,
      expected: 'an integer of at least 1',
    });
  const results: T[] = [];
  for (let index = 0; index < n; index++) {
    if (context.signal.aborted)
      throw new LabError('aborted', `repeat: stopped after ${index} of ${n} repeats`);
    const progress = (fraction: number, label?: string): void =>
      context.progress((index + fraction) / n, label ?? `repeat ${index + 1} of ${n}`);
    progress(0);
    results.push(await run({ index, key: foldIn(context.key, index), progress }));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  context.progress(1);
  return results;
}
