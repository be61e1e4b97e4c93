import { cholesky, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';
import { gaussianDenoiser, quadraticBetas, signalLevels, signalLevelSchedule } from '@lab/diffusion-core';
import { constraintsFrom, type ConstraintSet } from '../../constraints';

export const length = 48;

/** S_ij = 0.6 0.9^|i-j| + 0.35 cos(2 pi (i-j) / 24) + 0.05 [i=j]: a slow walk, a daily rhythm, and noise. */
export const covariance: Array64 = {
  shape: [length, length],
  data: Float64Array.from({ length: length * length }, (_, at) => {
    const lag = Math.abs(Math.floor(at / length) - (at % length));
    return 0.6 * 0.9 ** lag + 0.35 * Math.cos((2 * Math.PI * lag) / 24) + (lag === 0 ? 0.05 : 0);
  }),
};

/** The 50 levels of CSDI. */
export const schedule = signalLevelSchedule(signalLevels(quadraticBetas()));

/** The process's own posterior mean: a model without any error. */
export const exactDenoiser = () => gaussianDenoiser({ mean: new Float64Array(length), covariance, schedule });

/** `count` series of the process, [count, 48, 1]. */
export function drawSeries(key: Key, count: number): Array64 {
  const factor = cholesky(covariance).data;
  const noise = normal(foldIn(key, 0), [count, length]);
  const data = new Float64Array(count * length);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < length; i++)
      for (let j = 0; j <= i; j++) data[n * length + i]! += factor[i * length + j]! * noise[n * length + j]!;
  return { shape: [count, length, 1], data };
}

/** Level 1: the mean. Level 2: and five values. Level 3: and the positions and values of both extremes. */
export type Level = 1 | 2 | 3;

/** The constraints of each series at a level. */
export function constraintsAt(level: Level, series: Array64): ConstraintSet {
  return constraintsFrom(series, {
    mean: true,
    stamps: level >= 2 ? [0, 11, 23, 35, 47] : [],
    peaks: level === 3,
  });
}

/** The mean and `count` values at steps that are the same for all series. */
export function countedConstraints(series: Array64, stamps: readonly number[]): ConstraintSet {
  return constraintsFrom(series, { mean: true, stamps });
}
