import { LabError } from '@lab/tensor-core/errors';
import { symmetricEigen, type Array64 } from '@lab/tensor-core/linalg64';

/**
 * A covariance: one variance for every entry, the [D] variances of independent entries, or the full [D, D] matrix.
 */
export type Covariance = number | ArrayLike<number> | Array64 | readonly (readonly number[])[];

/** A covariance in the basis in which it is diagonal. */
export interface Spectrum {
  readonly size: number;
  /** [D] variances along the eigen-directions, none negative. */
  readonly values: Float64Array;
  /** [D, D] row-major, eigen-directions in its columns; absent when they are the coordinate axes. */
  readonly vectors?: Float64Array;
  /** The same with eigen-directions in its rows. */
  readonly transposed?: Float64Array;
}

/** A mean as a flat [D] array. */
export function flatMean(mean: ArrayLike<number> | Array64): Float64Array {
  const values = Float64Array.from('data' in mean ? mean.data : mean);
  if (values.length === 0 || !values.every(Number.isFinite))
    throw new LabError('argument', 'a mean has at least one entry, and all are finite', { argument: 'mean' });
  return values;
}

/**
 * Diagonalises a covariance once, so that every later time costs only products.
 *
 * @throws LabError `shape` when it does not fit `size`, `argument` when it is not symmetric positive semi-definite
 */
export function spectrumOf(covariance: Covariance, size: number): Spectrum {
  const given = describe(covariance, size);
  if (given.length !== size && given.length !== size * size)
    throw new LabError('shape', 'a covariance is one number, a variance for each entry, or a square matrix', {
      argument: 'covariance',
      expected: [[size], [size, size]],
      received: `${given.length} numbers`,
    });
  if (!given.every(Number.isFinite)) throw invalid('has entries that are not finite');
  if (given.length === size) {
    if (given.some((value) => value < 0)) throw invalid('has a negative variance');
    return { size, values: given };
  }
  const scale = given.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs(given[i * size + j]! - given[j * size + i]!) > 1e-9 * scale)
        throw invalid(`is not symmetric at [${i},${j}]`);
  const { values, vectors } = symmetricEigen({ shape: [size, size], data: given });
  if (values.some((value) => value < -1e-9 * scale)) throw invalid('has a negative eigenvalue');
  const transposed = vectors.data.map((_, k) => vectors.data[(k % size) * size + Math.floor(k / size)]!);
  return {
    size,
    values: values.map((value) => Math.max(0, value)),
    vectors: vectors.data,
    transposed,
  };
}

function describe(covariance: Covariance, size: number): Float64Array {
  if (typeof covariance === 'number') return new Float64Array(size).fill(covariance);
  if ('data' in covariance) return Float64Array.from(covariance.data);
  return Float64Array.from(Array.from<number | readonly number[]>(covariance).flat());
}

function invalid(what: string): LabError {
  return new LabError('argument', `the covariance ${what}`, {
    argument: 'covariance',
    expected: 'a symmetric positive semi-definite matrix',
  });
}
