import { LabError } from '@lab/tensor-core/errors';
import { matmul, symmetricEigen, transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** An affine map of rows: (x - mean) transform. */
export interface RowTransform {
  /** [d] */
  readonly mean: Float64Array;
  /** [d, d'] */
  readonly transform: Array64;
}

/** Applies a map to every row of [n, d]. */
export function applyTransform(rows: Array64, { mean, transform }: RowTransform): Array64 {
  const [count = 0, dimension = 0] = rows.shape;
  if (rows.shape.length !== 2 || dimension !== mean.length)
    throw new LabError('shape', 'applyTransform: rows have another number of features', {
      argument: 'rows',
      expected: `[n, ${mean.length}]`,
      received: rows.shape,
    });
  const data = rows.data.map((each, at) => each - mean[at % dimension]!);
  return matmul({ shape: [count, dimension], data }, transform);
}

/**
 * The map that takes each feature to mean 0 and standard deviation 1.
 *
 * @param options `names` name the columns in errors
 * @throws LabError `argument` naming a feature that is constant, `numeric` for NaN
 */
export function standardize(
  rows: Array64,
  options: { readonly names?: readonly string[] } = {},
): RowTransform {
  const { mean, covariance } = moments(rows, 'standardize');
  const d = mean.length;
  const transform = new Float64Array(d * d);
  for (let j = 0; j < d; j++)
    transform[j * d + j] =
      1 /
      Math.sqrt(
        demandSpread(covariance.data[j * d + j]!, {
          column: j,
          where: 'standardize',
          mean: mean[j]!,
          ...options,
        }),
      );
  return { mean, transform: { shape: [d, d], data: transform } };
}

/**
 * The map to uncorrelated features of unit variance, by principal components of the pooled covariates: with it the dot
 * kernel with M = w I is the one with M = w Sigma^(-1) on the raw inputs (section 4.3, B16).
 *
 * @param options `names` name the columns in errors; `ridge` is added to the eigenvalues, relative to their mean
 * @throws LabError `argument` naming a feature that is constant, `numeric` for NaN
 */
export function whiten(
  rows: Array64,
  {
    ridge = 1e-6,
    ...options
  }: {
    readonly names?: readonly string[];
    /** @default 1e-6 */
    readonly ridge?: number;
  } = {},
): RowTransform {
  const { mean, covariance } = moments(rows, 'whiten');
  const d = mean.length;
  for (let j = 0; j < d; j++)
    demandSpread(covariance.data[j * d + j]!, { column: j, where: 'whiten', mean: mean[j]!, ...options });
  const { values, vectors } = symmetricEigen(covariance);
  const level = (ridge * values.reduce((a, b) => a + b, 0)) / d;
  const scaled = {
    shape: [d, d],
    data: vectors.data.map((each, at) => each / Math.sqrt(Math.max(0, values[at % d]!) + level)),
  };
  return { mean, transform: matmul(scaled, transpose(vectors)) };
}

/**
 * Rows scaled to length 1, as the dot kernel wants them: longer points would attract attention by their length alone.
 *
 * @throws LabError `argument` for a row of zeros
 */
export function normalizeRows(rows: Array64): Array64 {
  const [count = 0, d = 0] = rows.shape;
  const data = Float64Array.from(rows.data);
  for (let i = 0; i < count; i++) {
    const length = Math.hypot(...data.subarray(i * d, (i + 1) * d));
    if (!(length > 0 && Number.isFinite(length)))
      throw new LabError('argument', 'normalizeRows: a row has no direction', {
        argument: 'rows',
        received: `length ${length} in row ${i}`,
        hint: "use kernel: 'rbf', which needs no directions",
      });
    for (let j = 0; j < d; j++) data[i * d + j]! /= length;
  }
  return { shape: rows.shape, data };
}

function moments(rows: Array64, where: string): { mean: Float64Array; covariance: Array64 } {
  const [count = 0, d = 0] = rows.shape;
  if (rows.shape.length !== 2 || count < 1 || d < 1)
    throw new LabError('shape', `${where}: rows form a matrix`, { argument: 'rows', received: rows.shape });
  const bad = rows.data.findIndex((each) => !Number.isFinite(each));
  if (bad >= 0)
    throw new LabError('numeric', `${where}: a number is not finite`, {
      argument: 'rows',
      received: `${String(rows.data[bad])} in row ${Math.floor(bad / d)}, column ${bad % d}`,
    });
  const mean = new Float64Array(d);
  rows.data.forEach((each, at) => (mean[at % d]! += each / count));
  const centred = { shape: [count, d], data: rows.data.map((each, at) => each - mean[at % d]!) };
  const product = matmul(transpose(centred), centred);
  return { mean, covariance: { shape: [d, d], data: product.data.map((each) => each / count) } };
}

function demandSpread(
  variance: number,
  { column, where, mean, names }: { column: number; where: string; mean: number; names?: readonly string[] },
): number {
  // Rounding leaves a constant column a variance of about (eps mean)^2.
  if (variance > 1e-24 * (1 + mean * mean)) return variance;
  throw new LabError('argument', `${where}: a feature is constant`, {
    argument: names?.[column] ?? `column ${column}`,
    received: `the value ${mean} in every row`,
    hint: 'leave it out',
  });
}
