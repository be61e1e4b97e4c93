import { gaussianDenoiser, signalLevelSchedule, type Schedule } from '@lab/diffusion-core';

/** Test A5 of the specification: a correlated pair, x_1 = 2 demanded; the truth for x_2 is mean 1.6, variance 0.36. */
export const covariance = { shape: [2, 2], data: Float64Array.of(1, 0.8, 0.8, 1) };
export const demand = {
  matrix: { shape: [1, 2], data: Float64Array.of(1, 0) },
  values: { shape: [1], data: Float64Array.of(2) },
};

/** abar_t = cos^2(last pi/2 t / N). */
export function cosineLevels(steps: number, last: number): Schedule {
  return signalLevelSchedule(
    Array.from({ length: steps + 1 }, (_, t) => (t === 0 ? 1 : Math.cos((last * Math.PI * t) / (2 * steps)) ** 2)),
  );
}

export const exactDenoiser = (schedule: Schedule) => gaussianDenoiser({ mean: [0, 0], covariance, schedule });
