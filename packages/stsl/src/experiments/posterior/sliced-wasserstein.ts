import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal64, type Key } from '@lab/tensor-core/random';

/**
 * Sliced 2-Wasserstein distance of two samples [n, d] of one size: the root of the mean over random directions of the squared
 * distance of the sorted projections.
 */
export function slicedWasserstein(
  a: Array64,
  b: Array64,
  { directions = 100, key }: { readonly directions?: number; readonly key: Key },
): number {
  const [n, d] = a.shape as [number, number];
  const draws = normal64(key, [directions, d]);
  let sum = 0;
  for (let k = 0; k < directions; k++) {
    const along = draws.subarray(k * d, (k + 1) * d);
    const length = Math.hypot(...along);
    const project = ({ data }: Array64): Float64Array =>
      Float64Array.from({ length: n }, (_, i) => {
        let dot = 0;
        for (let j = 0; j < d; j++) dot += along[j]! * data[i * d + j]!;
        return dot / length;
      }).sort();
    const [left, right] = [project(a), project(b)];
    left.forEach((value, i) => (sum += (value - right[i]!) ** 2 / n / directions));
  }
  return Math.sqrt(sum);
}
