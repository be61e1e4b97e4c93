import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** Norm of each row. */
export function rowNorms({ shape, data }: Array64): Float64Array {
  const [m, d] = shape as [number, number];
  return Float64Array.from({ length: m }, (_, j) => Math.hypot(...data.subarray(j * d, (j + 1) * d)));
}

/** The weights with mean squared row norm 1, and what they were divided by. @throws LabError `numeric` when all are 0 */
export function normalizeMean(weights: Array64): { weights: Array64; scale: number } {
  const norms = rowNorms(weights);
  const scale = Math.sqrt(norms.reduce((sum, norm) => sum + norm ** 2, 0) / norms.length);
  if (!(scale > 0))
    throw new LabError('numeric', 'the representation step gave no gradient', {
      received: `norm ${scale}`,
      hint: 'every neuron is inactive or every label is its own mean: more samples, or other tasks',
    });
  return { weights: { ...weights, data: weights.data.map((value) => value / scale) }, scale };
}

/**
 * Rows of norm 1. Rows below 1e-3 of the median norm are left out: they are dead, and normalised they would be noise.
 */
export function normalizeRows(weights: Array64): Array64 {
  const d = weights.shape[1]!;
  const norms = rowNorms(weights);
  const least = 1e-3 * median(norms);
  const kept = Array.from(norms.keys()).filter((j) => norms[j]! > least);
  const data = new Float64Array(kept.length * d);
  kept.forEach((j, to) => {
    for (let k = 0; k < d; k++) data[to * d + k] = weights.data[j * d + k]! / norms[j]!;
  });
  return { shape: [kept.length, d], data };
}

/** Share of rows that `normalizeRows` would leave out. */
export function deadFraction(weights: Array64): number {
  return 1 - normalizeRows(weights).shape[0]! / Math.max(1, weights.shape[0]!);
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** The value below which this share of the values lies. */
export function quantile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
