import { key } from '@lab/tensor-core/random';
import { gaussianDenoiser, sample, type Schedule, type Solver } from '../../src';
import { state } from './gaussian-ode';

export const mean = [1, -2, 0.5];
export const variances = [0.25, 1, 4];
export const start = state([2, 3], [0.3, -1.2, 2, 1.5, 0.4, -0.7]);

/** Where a run from `start` ends, on a grid of so many steps or of these times. */
export async function end(solver: Solver, schedule: Schedule, grid: number | number[]) {
  const denoiser = gaussianDenoiser({ mean, covariance: variances, schedule });
  const times = typeof grid === 'number' ? schedule.times(grid) : grid;
  return (await sample(denoiser, { schedule, solver, times, init: start, key: key(0) })).samples;
}
