import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/**
 * The unbiased squared maximum mean discrepancy of two sets of feature vectors under the cubic kernel
 * `(x . y / d + 1)^3`: of Inception features of images this is KID (Binkowski et al. 2018, section 4). It can come out
 * negative, and has mean 0 when both sets come from one law, however few they are.
 *
 * @param a [m, d], m at least 2
 * @param b [n, d], n at least 2
 */
export function kernelDistance(a: Array64, b: Array64): number {
  const [m = 0, d = 0] = a.shape;
  const [n = 0, other = 0] = b.shape;
  if (a.shape.length !== 2 || b.shape.length !== 2 || d !== other || d === 0 || m < 2 || n < 2)
    throw new LabError(
      'shape',
      'a kernel distance compares two sets of at least two feature vectors of one size',
      {
        expected: '[m, d] and [n, d]',
        received: [a.shape, b.shape],
      },
    );
  return within(a.data, m, d) + within(b.data, n, d) - 2 * between(a.data, b.data, d);
}

function within(x: Float64Array, count: number, d: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) sum += 2 * kernel(x, i * d, x, j * d, d);
  return sum / (count * (count - 1));
}

function between(x: Float64Array, y: Float64Array, d: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i += d) for (let j = 0; j < y.length; j += d) sum += kernel(x, i, y, j, d);
  return (sum * d * d) / (x.length * y.length);
}

function kernel(x: Float64Array, i: number, y: Float64Array, j: number, d: number): number {
  let dot = 0;
  for (let k = 0; k < d; k++) dot += x[i + k]! * y[j + k]!;
  return (dot / d + 1) ** 3;
}
