import { LabError } from '@lab/tensor-core/errors';
import { matmul, symmetricEigen, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { checkSamples, type Samples } from './samples';

/** u = (x - mean) toWhite has mean 0 and covariance near the identity; `toWhite` = covariance^(-1/2), symmetric. */
export interface Whitening {
  /** [d] */
  readonly mean: Float64Array;
  /** [d, d] */
  readonly toWhite: Array64;
  /** Of the covariance, before the ridge, smallest first. */
  readonly eigenvalues: Float64Array;
}

/**
 * The whitening of pooled feature tables. E[y x] lies in Sigma span(M), not in span(M): correlated inputs must be
 * whitened before the representation step (spec 3.6).
 * @throws LabError `numeric` naming columns that are constant, or when there are too few rows for the columns
 */
export function whitening(
  tables: readonly Samples[],
  {
    ridge = 1e-6,
  }: {
    /** Added to the eigenvalues, times their mean. @default 1e-6 */
    readonly ridge?: number;
  } = {},
): Whitening {
  const d = tables[0]?.shape[1] ?? 0;
  const mean = new Float64Array(d);
  const covariance = new Float64Array(d * d);
  let count = 0;
  for (const table of tables) {
    const { n } = checkSamples(table, 'whitening');
    count += n;
    for (let i = 0; i < n; i++) for (let k = 0; k < d; k++) mean[k]! += table.data[i * d + k]!;
  }
  mean.forEach((sum, k) => (mean[k] = sum / count));
  const row = new Float64Array(d);
  for (const table of tables)
    for (let i = 0; i < table.shape[0]!; i++) {
      for (let k = 0; k < d; k++) row[k] = table.data[i * d + k]! - mean[k]!;
      for (let k = 0; k < d; k++) for (let l = 0; l <= k; l++) covariance[k * d + l]! += row[k]! * row[l]!;
    }
  for (let k = 0; k < d; k++)
    for (let l = 0; l <= k; l++) covariance[l * d + k] = covariance[k * d + l]! /= count;

  const constant = Array.from({ length: d }, (_, k) => k).filter(
    (k) => !(covariance[k * d + k]! > 1e-12 * (1 + mean[k]! ** 2)),
  );
  if (constant.length > 0)
    throw new LabError('numeric', 'whitening: columns are constant', {
      argument: 'x',
      received: `columns ${constant.join(', ')}`,
      hint: 'leave these columns out',
    });
  const { values, vectors } = symmetricEigen({ shape: [d, d], data: covariance });
  const floor = (ridge * values.reduce((sum, value) => sum + value, 0)) / d;
  if (!(values[0]! + floor > 1e-12 * values[d - 1]!))
    throw new LabError('numeric', 'whitening: the covariance is singular', {
      argument: 'x',
      received: `eigenvalues from ${values[0]!} to ${values[d - 1]!}, ${count} rows of ${d} columns`,
      hint: 'leave out columns that are sums of others, or raise the ridge',
    });
  const scaled = vectors.data.map((entry, i) => entry / Math.sqrt(values[i % d]! + floor));
  return { mean, toWhite: matmul({ shape: [d, d], data: scaled }, transpose(vectors)), eigenvalues: values };
}

/** The whitened table, in double precision. */
export function whiten(x: Samples, { mean, toWhite }: Pick<Whitening, 'mean' | 'toWhite'>): Array64 {
  const { n, d } = checkSamples(x, 'whiten');
  const centred = Float64Array.from(x.data, (value, i) => value - mean[i % d]!);
  return matmul({ shape: [n, d], data: centred }, toWhite);
}
