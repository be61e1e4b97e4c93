import type { Control } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { solvePositive } from '../metrics/cholesky-solve';
import { moveByResidual } from './move-by-residual';

export interface PosteriorProjectionOptions {
  /** S [D, D], the covariance of the (Gaussian) data. */
  readonly covariance: Array64;
  /** A [m, D] with independent rows. */
  readonly matrix: Array64;
  /** y, [m] for all samples or [B, m] with one row for each. */
  readonly values: Array64;
}

/**
 * The projection that is exact for Gaussian data: onto A x = y in the metric of the posterior covariance V of x0 given
 * the state, `x0 + V A^T (A V A^T)^-1 (y - A x0)`, *with* the noise recomputed. Either change alone is wrong, the two
 * together make each step a step of the true conditional law. For closed-form denoisers and affine constraints: it shows
 * what the Euclidean projection of `constrain` costs.
 */
export function posteriorProjection({
  covariance,
  matrix,
  values,
}: PosteriorProjectionOptions): Control<Array64> {
  const [rows = 0, size = 0] = matrix.shape;
  if (covariance.shape.join() !== [size, size].join() || values.shape[values.shape.length - 1] !== rows)
    throw new LabError('shape', 'posteriorProjection: covariance, matrix and values do not fit', {
      expected: '[D, D], [m, D], and [m] or [B, m]',
      received: [covariance.shape, matrix.shape, values.shape],
    });
  return {
    name: 'posterior-projection',
    noise: 'recompute',
    estimate(x0, { alpha, sigma }) {
      const gain = gainOf(posteriorCovariance(covariance, { alpha, sigma }), matrix);
      return moveByResidual(x0, { matrix: matrix.data, gain, values });
    },
  };
}

/** V = S - alpha^2 S (alpha^2 S + sigma^2 I)^-1 S. */
function posteriorCovariance(
  { shape, data }: Array64,
  { alpha, sigma }: { alpha: number; sigma: number },
): Float64Array {
  const size = shape[0]!;
  const noisy = data.map((value, at) => alpha ** 2 * value + (at % (size + 1) === 0 ? sigma ** 2 : 0));
  const inner = solvePositive(noisy, data, size);
  return data.map((value, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    let sum = 0;
    for (let k = 0; k < size; k++) sum += data[i * size + k]! * inner[k * size + j]!;
    return value - alpha ** 2 * sum;
  });
}

/** ((A V A^T)^-1 A V), [m, D]: row i is how far each entry moves for a residual of 1 in constraint i. */
function gainOf(posterior: Float64Array, { shape, data }: Array64): Float64Array {
  const [rows = 0, size = 0] = shape;
  const across = new Float64Array(rows * size);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < size; k++) {
      const left = data[i * size + k]!;
      if (left === 0) continue;
      for (let j = 0; j < size; j++) across[i * size + j]! += left * posterior[k * size + j]!;
    }
  const gram = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++)
      for (let k = 0; k < size; k++) gram[i * rows + j]! += across[i * size + k]! * data[j * size + k]!;
  return solvePositive(gram, across, size);
}
