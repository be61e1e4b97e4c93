import { LabError } from '@lab/tensor-core/errors';

export interface SsimOptions {
  /** Difference of the greatest and the least possible value. */
  readonly range: number;
}

/**
 * Structural similarity of two series over one window, the whole series (Wang et al. 2004, eq. 13, with population
 * moments and C1 = (0.01 range)^2, C2 = (0.03 range)^2). 1 for equal series, negative for opposed ones.
 */
export function ssim(a: ArrayLike<number>, b: ArrayLike<number>, { range }: SsimOptions): number {
  const n = a.length;
  if (n === 0 || b.length !== n)
    throw new LabError('shape', 'ssim: two series of one length, at least 1', { received: [n, b.length] });
  if (!(range > 0))
    throw new LabError('argument', 'ssim: range is positive', { argument: 'range', received: range });
  let [meanA, meanB] = [0, 0];
  for (let i = 0; i < n; i++) {
    meanA += a[i]! / n;
    meanB += b[i]! / n;
  }
  let [varianceA, varianceB, covariance] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    varianceA += (a[i]! - meanA) ** 2 / n;
    varianceB += (b[i]! - meanB) ** 2 / n;
    covariance += ((a[i]! - meanA) * (b[i]! - meanB)) / n;
  }
  const c1 = (0.01 * range) ** 2;
  const c2 = (0.03 * range) ** 2;
  return (
    ((2 * meanA * meanB + c1) * (2 * covariance + c2)) /
    ((meanA ** 2 + meanB ** 2 + c1) * (varianceA + varianceB + c2))
  );
}
