import { LabError } from '@lab/tensor-core/errors';
import type { Summary } from '../types';
import { studentQuantile } from './student';

export interface SummarizeOptions {
  /** Coverage of the interval, in (0, 1). @default 0.95 */
  readonly level?: number;
}

/**
 * Mean of repeats with its two-sided Student interval, mean +- t s / sqrt(n).
 *
 * One value says nothing of its spread: its interval is the whole line, -Infinity to Infinity.
 *
 * @throws LabError `argument` without values, `numeric` at a value that is not finite
 * @example
 * summarize([1, 2, 3]); // mean 2, low -0.484, high 4.484, n 3
 */
export function summarize(values: ArrayLike<number>, { level = 0.95 }: SummarizeOptions = {}): Summary {
  const n = values.length;
  if (n === 0) throw new LabError('argument', 'summarize: there are no values', { argument: 'values' });
  for (let i = 0; i < n; i++)
    if (!Number.isFinite(values[i]))
      throw new LabError('numeric', 'summarize: a value is not a finite number', {
        argument: `values[${i}]`,
        received: values[i],
      });
  const mean = meanOf(values);
  if (n === 1) return { mean, low: -Infinity, high: Infinity, n };
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (values[i]! - mean) ** 2;
  const half = studentQuantile((1 + level) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, low: mean - half, high: mean + half, n };
}

/**
 * Mean of `a[i] - b[i]` with its interval: what two methods differ by when they ran on the same seeds, whose common luck
 * cancels.
 *
 * @throws LabError `shape` when there is not one b for each a
 */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: SummarizeOptions = {},
): Summary {
  if (a.length !== b.length)
    throw new LabError('shape', 'pairedDifference: there is not one b for each a', {
      received: [[a.length], [b.length]],
    });
  return summarize(
    Array.from(a, (value, i) => value - b[i]!),
    options,
  );
}

function meanOf(values: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += (values[i]! - mean) / (i + 1);
  return mean;
}
