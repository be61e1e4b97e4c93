import type { Array64 } from '@lab/tensor-core/linalg64';

interface DescendOptions {
  /** F + F^T with F = A C - S, which stays as it is while the adapter moves. */
  readonly symmetric: Array64;
  /** C = X X^T / N */
  readonly covariance: Array64;
  readonly rate: number;
  readonly steps: number;
}

/**
 * Steps of gradient descent on a symmetric adapter, U -= rate (E + E^T) U: as `adapterDirection`, in place and with the products in
 * an order that costs O(d^2 k), since a retraining takes 10^5 of them.
 */
export function descendAdapter(
  start: Array64,
  { symmetric, covariance, rate, steps }: DescendOptions,
): Array64 {
  const [d, k] = start.shape as [number, number];
  const u = start.data.slice();
  const slope = new Float64Array(d * k);
  const moved = new Float64Array(d * k);
  const gram = new Float64Array(k * k);
  const mixed = new Float64Array(k * k);
  for (let step = 0; step < steps; step++) {
    times(symmetric.data, u, slope, d, k);
    times(covariance.data, u, moved, d, k);
    transposedTimes(u, u, gram, d, k);
    transposedTimes(moved, u, mixed, d, k);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < k; j++) {
        let sum = slope[i * k + j]!;
        for (let l = 0; l < k; l++)
          sum += u[i * k + l]! * mixed[l * k + j]! + moved[i * k + l]! * gram[l * k + j]!;
        slope[i * k + j] = sum;
      }
    for (let i = 0; i < u.length; i++) u[i]! -= rate * slope[i]!;
  }
  return { shape: start.shape, data: u };
}

/** out = A x for A [d, d] and x [d, k]. */
function times(a: Float64Array, x: Float64Array, out: Float64Array, d: number, k: number): void {
  for (let i = 0; i < d; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < d; l++) sum += a[i * d + l]! * x[l * k + j]!;
      out[i * k + j] = sum;
    }
}

/** out = x^T y for x and y [d, k]. */
function transposedTimes(x: Float64Array, y: Float64Array, out: Float64Array, d: number, k: number): void {
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < d; l++) sum += x[l * k + i]! * y[l * k + j]!;
      out[i * k + j] = sum;
    }
}
