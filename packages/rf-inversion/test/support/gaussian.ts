import { gaussianDenoiser, rectifiedFlowSchedule, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';

export const schedule = rectifiedFlowSchedule();

/** The exact flow of N(mu, variance) data, [B, 1]. */
export const normalFlow = (mu = 10, variance = 1): Denoiser<Array64> =>
  gaussianDenoiser({ mean: [mu], covariance: variance, schedule });

/** [B, 1] of these numbers. */
export const column = (...numbers: number[]): Array64 => ({
  shape: [numbers.length, 1],
  data: Float64Array.from(numbers),
});

/** Flux at 1024 by 1024 pixels: mu = 1.15. */
export const fluxTimes = (steps = 28): number[] =>
  rectifiedFlowSchedule({ shift: Math.exp(1.15) }).times(steps);
