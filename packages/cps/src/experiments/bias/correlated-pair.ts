import { gaussianDenoiser, type Schedule } from '@lab/diffusion-core';

/** A correlated pair of which x_1 = 2 is demanded; conditioning gives x_2 a mean of 1.6 and a variance of 0.36. */
export const covariance = { shape: [2, 2], data: Float64Array.of(1, 0.8, 0.8, 1) };
export const demand = {
  matrix: { shape: [1, 2], data: Float64Array.of(1, 0) },
  values: { shape: [1], data: Float64Array.of(2) },
};

/** Mean and variance of x_2 given x_1 = 2: S_21 S_11^-1 2 and S_22 - S_21 S_11^-1 S_12. */
export const truth = { mean: 0.8 * 2, variance: 1 - 0.8 ** 2 };

export const exactDenoiser = (schedule: Schedule) => gaussianDenoiser({ mean: [0, 0], covariance, schedule });
