import { LabError } from '@lab/tensor-core/errors';
import { randint, split, type Key } from '@lab/tensor-core/random';
import type { Summary } from '../types';

export interface BootstrapOptions<T> {
  readonly key: Key;
  /** Of a sample, such as its median. */
  readonly statistic: (sample: readonly T[]) => number;
  /** How many resamples, at least 100. @default 2000 */
  readonly resamples?: number;
  /** Coverage of the interval, in (0, 1). @default 0.95 */
  readonly level?: number;
}

/**
 * A statistic of the values with its percentile bootstrap interval, for statistics whose spread has no formula.
 *
 * @returns `mean` is the statistic of the values themselves
 * @example
 * bootstrapInterval(errors, { key: key(0), statistic: median });
 */
export function bootstrapInterval<T>(values: readonly T[], options: BootstrapOptions<T>): Summary {
  const { key, statistic, resamples = 2000, level = 0.95 } = options;
  const n = values.length;
  if (n === 0)
    throw new LabError('argument', 'bootstrapInterval: there are no values', { argument: 'values' });
  if (!Number.isInteger(resamples) || resamples < 100)
    throw new LabError('argument', 'bootstrapInterval: too few resamples for a percentile', {
      argument: 'resamples',
      received: resamples,
      expected: 'an integer of at least 100',
    });
  const keys = split(key, resamples);
  const statistics = Float64Array.from(keys, (each) =>
    statistic(Array.from(randint(each, n, { low: 0, high: n }), (index) => values[index]!)),
  ).sort();
  const at = (share: number): number => quantile(statistics, share);
  return { mean: statistic(values), low: at((1 - level) / 2), high: at((1 + level) / 2), n };
}

/** Quantile of sorted values, linear between neighbours. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
