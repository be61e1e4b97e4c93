import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { all, type ConstraintSet } from './combine';
import { fixed } from './entries';
import { argmaxAt, argminAt } from './extremes';
import { mean } from './levels';
import { ohlc, totalReturn, type OhlcOptions } from './shapes';
import { autocorrelation, meanAbsoluteChange, std } from './statistics';
import type { Constraint } from './union';

export interface ConstraintsFromOptions {
  /** The mean of each channel. @default false */
  readonly mean?: boolean;
  /** Steps whose values are kept, from 0, negative from the end. @default none */
  readonly stamps?: readonly number[];
  /** Position and value of the greatest and the least of each channel. @default false */
  readonly peaks?: boolean;
  /** Positions of the greatest and the least alone, their values free. @default false */
  readonly positions?: boolean;
  /** Order of price bars; `true` for channels open, high, low, close. @default false */
  readonly ohlc?: boolean | OhlcOptions;
  /** Mean of absolute steps of each channel; not convex. @default false */
  readonly meanChange?: boolean;
  /** Standard deviation of each channel; not convex. @default false */
  readonly std?: boolean;
  /** Autocorrelation of each channel at these lags; not convex. @default none */
  readonly lags?: readonly number[];
  /** Return from the first to the last step of each channel. @default false */
  readonly totalReturn?: boolean;
  /** Channels it is done for. @default all */
  readonly channels?: readonly number[];
}

/**
 * The paper's protocol: what holds of each real series becomes the constraints of the generated series of the same number, in the
 * batch's order (Narasimhan et al., arXiv 2410.12652, experiments).
 *
 * @param series real series [batch, length, channels] in raw units
 * @returns constraints whose parameters are lists with one value for each sample; compile them with the same batch
 * @example
 * const set = constraintsFrom(real, { mean: true, stamps: [0, 23, 47, 71, 95], peaks: true });
 */
export function constraintsFrom(series: Array64, options: ConstraintsFromOptions): ConstraintSet {
  const view = channelViews(series);
  const { length } = view;
  const made: Constraint[] = [];
  const chosen = options.channels ?? Array.from({ length: view.channels }, (_, k) => k);
  for (const channel of chosen) {
    const rows = view.of(channel);
    const each = (value: (row: Float64Array) => number): number[] => rows.map(value);
    if (options.mean === true) made.push(mean({ value: each(average), channel }));
    if (options.stamps !== undefined && options.stamps.length > 0)
      made.push(
        fixed({
          channel,
          values: Object.fromEntries(
            options.stamps.map((at) => [at, each((row) => row[stampStep(at, length)]!)]),
          ),
        }),
      );
    if (options.peaks === true || options.positions === true) {
      const highest = each((row) => extremeAt(row, 1));
      const lowest = each((row) => extremeAt(row, -1));
      const valued = options.peaks === true;
      made.push(
        argmaxAt({
          at: highest,
          channel,
          ...(valued ? { value: rows.map((row, b) => row[highest[b]!]!) } : {}),
        }),
        argminAt({
          at: lowest,
          channel,
          ...(valued ? { value: rows.map((row, b) => row[lowest[b]!]!) } : {}),
        }),
      );
    }
    if (options.totalReturn === true)
      made.push(totalReturn({ value: each((row) => row[length - 1]! / row[0]! - 1), channel }));
    if (options.meanChange === true) made.push(meanAbsoluteChange({ value: each(meanChange), channel }));
    if (options.std === true) made.push(std({ value: each(deviation), channel }));
    for (const lag of options.lags ?? [])
      made.push(
        autocorrelation({
          lag,
          value: each((row) => correlation(row, lag)),
          channel,
          name: `autocorrelation(${channel}, lag ${lag})`,
        }),
      );
  }
  if (options.ohlc !== undefined && options.ohlc !== false)
    made.push(ohlc(options.ohlc === true ? {} : options.ohlc));
  return all(...made);
}

function channelViews({ shape, data }: Array64) {
  const [batch, length, channels] = shape;
  if (shape.length !== 3 || batch === undefined || length === undefined || channels === undefined)
    throw new LabError('shape', 'constraintsFrom: series are not [batch, length, channels]', {
      argument: 'series',
      received: shape,
    });
  if (data.some((value) => !Number.isFinite(value)))
    throw new LabError('numeric', 'constraintsFrom: the series have entries that are not finite numbers', {
      argument: 'series',
      hint: 'fill gaps first',
    });
  return {
    length,
    channels,
    of: (channel: number): Float64Array[] =>
      Array.from({ length: batch }, (_, b) =>
        Float64Array.from({ length }, (_step, t) => data[(b * length + t) * channels + channel]!),
      ),
  };
}

function stampStep(at: number, length: number): number {
  const step = at < 0 ? length + at : at;
  if (!Number.isInteger(step) || step < 0 || step >= length)
    throw new LabError('argument', 'constraintsFrom: there is no such step', {
      argument: 'stamps',
      received: at,
      expected: `a whole number from ${-length} to ${length - 1}`,
    });
  return step;
}

/** First position of the greatest (sign 1) or least (sign -1) value. */
function extremeAt(row: Float64Array, sign: number): number {
  let at = 0;
  for (let t = 1; t < row.length; t++) if (sign * row[t]! > sign * row[at]!) at = t;
  return at;
}

function average(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value, 0) / row.length;
}

function meanChange(row: Float64Array): number {
  let sum = 0;
  for (let t = 1; t < row.length; t++) sum += Math.abs(row[t]! - row[t - 1]!);
  return sum / (row.length - 1);
}

function deviation(row: Float64Array): number {
  const centre = average(row);
  return Math.sqrt(average(row.map((value) => (value - centre) ** 2)));
}

function correlation(row: Float64Array, lag: number): number {
  const centre = average(row);
  let square = 0;
  let product = 0;
  row.forEach((value, t) => {
    square += (value - centre) ** 2;
    if (t + lag < row.length) product += (value - centre) * (row[t + lag]! - centre);
  });
  if (square === 0)
    throw new LabError('numeric', 'constraintsFrom: a constant series has no autocorrelation', {
      argument: 'series',
    });
  return product / square;
}
