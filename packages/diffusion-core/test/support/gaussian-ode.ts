import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Schedule } from '../../src';

export const state = (shape: number[], values: ArrayLike<number>): Array64 => ({
  shape,
  data: Float64Array.from(values),
});

/**
 * The exact solution of the probability-flow ODE on N(mean, diag(variances)): `(x_t - alpha mean) / std_t` is constant
 * with `std_t^2 = alpha^2 variance + sigma^2`, so the end point follows from the start.
 */
export function exactEnd(
  start: Array64,
  {
    mean,
    variances,
    schedule,
    first = 1,
  }: { mean: number[]; variances: number[]; schedule: Schedule; first?: number },
): Array64 {
  const [alpha, sigma] = [schedule.alpha(first), schedule.sigma(first)];
  const size = mean.length;
  return {
    shape: start.shape,
    data: start.data.map((x, i) => {
      const variance = variances[i % size]!;
      const std = Math.sqrt(alpha ** 2 * variance + sigma ** 2);
      return mean[i % size]! + (Math.sqrt(variance) * (x - alpha * mean[i % size]!)) / std;
    }),
  };
}

export function greatestDifference(a: Array64, b: Array64): number {
  return a.data.reduce((most, x, i) => Math.max(most, Math.abs(x - b.data[i]!)), 0);
}

/** Slope of log y over log x by least squares. */
export function logSlope(x: number[], y: number[]): number {
  const lx = x.map(Math.log);
  const ly = y.map(Math.log);
  const mx = lx.reduce((a, b) => a + b) / lx.length;
  const my = ly.reduce((a, b) => a + b) / ly.length;
  const top = lx.reduce((sum, each, i) => sum + (each - mx) * (ly[i]! - my), 0);
  return top / lx.reduce((sum, each) => sum + (each - mx) ** 2, 0);
}
