import { LabError } from '@lab/tensor-core/errors';
import { checkSeries, sliceSeries } from './series';
import type { Series } from './types';

export interface SplitOptions {
  /** Share of the rows in [0, 1]. @default 0.7 */
  readonly train?: number;
  /** Share of the rows in [0, 1]. @default 0.1 */
  readonly validation?: number;
  /** Share of the rows in [0, 1]; the three sum to at most 1. @default what is left */
  readonly test?: number;
}

export interface Split {
  readonly train: Series;
  readonly validation: Series;
  readonly test: Series;
}

/**
 * Splits by time: training rows first, then validation, then test. No row is in two parts, so windows cut from one part
 * share none with another's. Values are views of the same memory.
 *
 * @example
 * const { train, test } = splitByTime(series, { train: 0.8, validation: 0 });
 */
export function splitByTime(series: Series, options: SplitOptions = {}): Split {
  checkSeries(series);
  const { train = 0.7, validation = 0.1 } = options;
  const test = options.test ?? 1 - train - validation;
  const shares = { train, validation, test };
  // Shares such as 0.7 + 0.2 + 0.1 sum to 1 only up to rounding.
  const rounding = 1e-9;
  const valid = Object.values(shares).every((share) => share >= -rounding && share <= 1);
  if (!valid || train + validation + test > 1 + rounding)
    throw new LabError('argument', 'splitByTime: shares are not in [0, 1] with a sum of at most 1', {
      received: shares,
    });
  const a = Math.round(series.length * train);
  const b = Math.round(series.length * (train + validation));
  const c = Math.min(series.length, Math.round(series.length * (train + validation + test)));
  return {
    train: sliceSeries(series, { start: 0, end: a }),
    validation: sliceSeries(series, { start: a, end: b }),
    test: sliceSeries(series, { start: b, end: Math.max(b, c) }),
  };
}
