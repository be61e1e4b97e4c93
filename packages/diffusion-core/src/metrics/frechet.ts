import { noticeOnce } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { symmetricEigen, type Array64 } from '@lab/tensor-core/linalg64';
import { flatShape, momentsOf, type Moments } from './moments';

/**
 * The squared Frechet distance of two normal laws,
 * `|m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))`, the root's trace taken as the sum of the roots of the eigenvalues of
 * `S1^(1/2) S2 S1^(1/2)` (negative rounding is 0).
 *
 * Of Inception features of images this is FID (Heusel et al. 2017), of encoder features of time series FTSD; figures
 * compare only when the features do.
 *
 * @throws LabError `shape` when the two differ in size
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const size = a.mean.length;
  if (b.mean.length !== size || a.covariance.length !== size ** 2 || b.covariance.length !== size ** 2)
    throw new LabError('shape', 'a Frechet distance compares laws of one size', {
      received: [a.mean.length, a.covariance.length, b.mean.length, b.covariance.length],
    });
  const root = squareRoot(a.covariance, size);
  const middle = sandwich(root, b.covariance, size);
  const { values } = symmetricEigen({ shape: [size, size], data: middle });
  let distance = 0;
  for (let i = 0; i < size; i++)
    distance +=
      (a.mean[i]! - b.mean[i]!) ** 2 +
      a.covariance[i * size + i]! +
      b.covariance[i * size + i]! -
      2 * Math.sqrt(Math.max(0, values[i]!));
  return Math.max(0, distance);
}

/**
 * The Frechet distance of two sets of samples [n, ...], by their sample means and covariances. With no more samples than
 * numbers each, the covariances are singular and the distance is biased upward by much: it says so once on the process's
 * warnings (code `LAB_FRECHET`), since distances of equally few samples still compare. `kernelDistance` has no bias.
 *
 * @throws LabError `argument` for fewer than two samples, `shape` when samples differ in size
 */
export function frechetBetween(a: Array64, b: Array64): number {
  const [few, size] = [Math.min(flatShape(a).count, flatShape(b).count), flatShape(a).size];
  if (few <= size)
    noticeOnce(
      `a Frechet distance from ${few} samples of ${size} numbers each is biased upward: take more than ${size} samples, or ` +
        'kernelDistance, which has no bias',
      'LAB_FRECHET',
    );
  return frechetDistance(momentsOf(a), momentsOf(b));
}

/** The symmetric root of a positive semi-definite matrix. */
function squareRoot(matrix: Float64Array, size: number): Float64Array {
  const { values, vectors } = symmetricEigen({ shape: [size, size], data: matrix });
  const root = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    const scale = Math.sqrt(Math.max(0, values[k]!));
    for (let i = 0; i < size; i++) {
      const left = scale * vectors.data[i * size + k]!;
      if (left === 0) continue;
      for (let j = 0; j < size; j++) root[i * size + j]! += left * vectors.data[j * size + k]!;
    }
  }
  return root;
}

/** R M R for symmetric R, made exactly symmetric again. */
function sandwich(root: Float64Array, matrix: Float64Array, size: number): Float64Array {
  const product = multiply(multiply(root, matrix, size), root, size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < i; j++) {
      const middle = (product[i * size + j]! + product[j * size + i]!) / 2;
      product[i * size + j] = product[j * size + i] = middle;
    }
  return product;
}

function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const left = a[i * size + k]!;
      for (let j = 0; j < size; j++) product[i * size + j]! += left * b[k * size + j]!;
    }
  return product;
}
