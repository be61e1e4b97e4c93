import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { solvePositive } from './cholesky-solve';

export interface ForecastOptions {
  /** How many past steps the model sees. @default 5 */
  readonly order?: number;
  /** Ridge penalty, times the number of training rows. @default 0.001 */
  readonly ridge?: number;
}

/**
 * Train on synthetic, test on real: a one-step vector autoregression with intercept, fitted by ridge regression on
 * `synthetic` [n, L, K], and its mean squared error on `real` [m, L, K].
 *
 * The lower, the more the generated series teach about the real ones; compare with `trainOnRealTestOnReal`'s value, the same
 * call with fresh real series in the place of synthetic ones.
 */
export function forecastError(
  synthetic: Array64,
  real: Array64,
  { order = 5, ridge = 1e-3 }: ForecastOptions = {},
): number {
  const [, length = 0, channels = 0] = synthetic.shape;
  if (synthetic.shape.length !== 3 || real.shape[1] !== length || real.shape[2] !== channels)
    throw new LabError('shape', 'forecastError compares series of one shape', {
      expected: '[n, length, channels] twice',
      received: [synthetic.shape, real.shape],
    });
  if (!(order >= 1 && order < length))
    throw new LabError('argument', 'forecastError: order lies between 1 and length - 1', {
      argument: 'order',
      received: order,
    });
  const weights = fitAutoregression(synthetic, { order, ridge });
  const features = order * channels + 1;
  let [squares, count] = [0, 0];
  eachRow(real, order, (row, target) => {
    for (let k = 0; k < channels; k++) {
      let guess = 0;
      for (let f = 0; f < features; f++) guess += row[f]! * weights[f * channels + k]!;
      squares += (guess - target[k]!) ** 2;
      count++;
    }
  });
  return squares / count;
}

/** Weights [order K + 1, K], the intercept's last. */
function fitAutoregression(series: Array64, { order, ridge }: Required<ForecastOptions>): Float64Array {
  const channels = series.shape[2]!;
  const features = order * channels + 1;
  const gram = new Float64Array(features * features);
  const cross = new Float64Array(features * channels);
  let rows = 0;
  eachRow(series, order, (row, target) => {
    rows++;
    for (let f = 0; f < features; f++) {
      for (let g = 0; g < features; g++) gram[f * features + g]! += row[f]! * row[g]!;
      for (let k = 0; k < channels; k++) cross[f * channels + k]! += row[f]! * target[k]!;
    }
  });
  for (let f = 0; f < features - 1; f++) gram[f * features + f]! += ridge * rows;
  gram[features * features - 1]! += 1e-9 * rows;
  return solvePositive(gram, cross, channels);
}

/** Calls `visit` with each step's past (and a 1) and what came next. */
function eachRow(
  { shape, data }: Array64,
  order: number,
  visit: (row: Float64Array, target: Float64Array) => void,
): void {
  const [count = 0, length = 0, channels = 0] = shape;
  const row = new Float64Array(order * channels + 1).fill(1);
  for (let n = 0; n < count; n++)
    for (let t = order; t < length; t++) {
      const at = (n * length + t) * channels;
      row.set(data.subarray(at - order * channels, at));
      visit(row, data.subarray(at, at + channels));
    }
}
