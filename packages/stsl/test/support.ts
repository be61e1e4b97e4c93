import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import type { Schedule } from '@lab/diffusion-core';
import { linearBetas, signalLevels, signalLevelSchedule } from '@lab/diffusion-core';
import { mixturePrior } from '../src';

/** A schedule of one level: abar at t = 1. */
export const levelled = (abar: number): Schedule => signalLevelSchedule([1, abar]);

/** Fixture G of the acceptance tests. */
export const fixture = (schedule = levelled(0.6)) =>
  mixturePrior({
    weights: [0.3, 0.7],
    means: [
      [-1, 0.5],
      [1.5, -0.5],
    ],
    covariances: [
      [
        [0.2, 0.05],
        [0.05, 0.1],
      ],
      [0.1, 0.3],
    ],
    schedule,
  });

export const state = (...rows: number[][]): Array64 => fromRows(rows);

/** DDPM's thousand steps. */
export const trained = signalLevelSchedule(signalLevels(linearBetas()));

export const near = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
