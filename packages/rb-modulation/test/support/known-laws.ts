import { compileConstraints, fixed } from '@lab/cps';
import { flowOde, rectifiedFlowSchedule, sample, type Control } from '@lab/diffusion-core';
import { linearProblem, mixturePrior, stsl, type LinearProblem, type MixturePrior } from '@lab/stsl';
import { fromRows, identity, type Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { expect } from 'vitest';
import '@lab/testing';

const schedule = rectifiedFlowSchedule();
export const steps = 30;

/** Coordinates independent: what acts on one cannot be felt in another. */
export const independent = mixturePrior({
  weights: [1],
  means: [[0.5, 0, -0.5, 0]],
  covariances: 1,
  schedule,
});
/** Two modes, and neighbours that go together within each. */
const neighbours = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => 0.5 * 0.7 ** Math.abs(i - j)));
export const correlated = mixturePrior({
  weights: [0.5, 0.5],
  means: [
    [-2, -2, 1, 0],
    [2, 2, -1, 0],
  ],
  covariances: [neighbours, neighbours],
  schedule,
});

/** States [B, 4, 1], as constraints read them. */
export const series = (...rows: readonly (readonly number[])[]): Array64 => ({
  shape: [rows.length, 4, 1],
  data: Float64Array.from(rows.flat()),
});
export const rowsOf = ({ data }: Array64): number[][] =>
  Array.from({ length: data.length / 4 }, (_, b) => Array.from(data.subarray(4 * b, 4 * b + 4)));
export type Controls = readonly Control<Array64>[];

export async function drawn(prior: MixturePrior, controls: Controls): Promise<number[][]> {
  const options = { schedule, steps, solver: flowOde(), shape: [3, 4, 1], key: key(0), controls };
  return rowsOf((await sample(prior, options)).samples);
}

// What is measured: the first two entries together, with noise of this deviation.
export const deviation = 0.05;
export const matrix = fromRows([[0.6, 0.8, 0, 0]]);
export const y = 1.25;
export const seen = (x: readonly number[]): number => 0.6 * x[0]! + 0.8 * x[1]!;
export const problemOf = (prior: MixturePrior): LinearProblem =>
  linearProblem({
    prior,
    matrix,
    y: fromRows([[y], [y], [y]]),
    autoencoder: { basis: identity(4), mean: new Float64Array(4), scale: 1 },
  });
export const descent = {
  noiseDeviation: deviation,
  eta: 0,
  step: { kind: 'lipschitz', lambda: 0.25 },
} as const;
export const measured = (prior: MixturePrior): Promise<Control<Array64>> => stsl(problemOf(prior), descent);
/** Within the noise, as STSL's stop rule promises. */
export const expectMeasured = (rows: readonly number[][]): void => {
  for (const x of rows) expect(Math.abs(seen(x) - y)).toBeLessThanOrEqual(deviation);
};

export const last = compileConstraints(fixed({ values: { 2: -0.75, 3: 0.25 } }), { shape: [4, 1] });
export const expectFixed = (rows: readonly number[][]): void => {
  for (const x of rows) expect(x.slice(2)).toBeAllclose([-0.75, 0.25], { atol: 1e-9 });
};
