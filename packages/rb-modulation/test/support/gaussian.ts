import { gaussianDenoiser, sample, tensorSpace, type Control } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { cascadeSchedule } from '../../src';

export const schedule = cascadeSchedule();
const law = {
  mean: [0, 0],
  covariance: [
    [1, 0.8],
    [0.8, 1],
  ],
  schedule,
};
/** Two correlated numbers, of which the first is the style. */
export const gaussian = gaussianDenoiser(law);
export const tensorGaussian = gaussianDenoiser({ ...law, space: tensorSpace });
export const firstIs = { matrix: fromRows([[1, 0]]), style: [1.5] };

export const rows = (...each: readonly (readonly number[])[]): Array64 => fromRows(each);

/**
 * Mean and standard deviations of what a sampler makes of standard normal starts, when it is affine: from the images of 0 and of
 * the unit vectors.
 */
export function affineLaw({ data }: Array64): { mean: number[]; deviation: number[] } {
  const mean = [data[0]!, data[1]!];
  const deviation = [0, 1].map((i) => Math.hypot(data[2 + i]! - mean[i]!, data[4 + i]! - mean[i]!));
  return { mean, deviation };
}
export const starts = rows([0, 0], [1, 0], [0, 1]);

/** What the flow's sampler makes of the starts under these controls. */
export const run = async (controls: readonly Control<Array64>[], steps = 20): Promise<Array64> =>
  (await sample(gaussian, { schedule, steps, init: starts, key: key(0), controls })).samples;
