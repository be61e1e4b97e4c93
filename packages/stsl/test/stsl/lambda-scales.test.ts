import { expect, test } from 'vitest';
import { fromRows, matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { estimate } from '@lab/diffusion-core';
import { innerLoop, linearProblem } from '../../src';
import { fixture, near, state } from '../support';
import { pixels } from './exact-problems';

// Three examples of unequal residuals, so that one factor for all of them would show.
const prior = fixture();
const problem = linearProblem({
  prior,
  matrix: fromRows([[1, 0.5]]),
  y: fromRows([[0.8], [-2], [4]]),
  autoencoder: pixels(2),
});
const z0 = state([0.3, 0.1], [-0.5, 0.7], [1.1, -0.4]);
const [eta, scale, seed] = [0.6, 0.5, key(4)];
const probe = prior.space.normal(foldIn(seed, 0), z0.shape);
const normSquared = 1.25; // |A D|^2 of the row (1, 1/2)

/** [B] of each: |y - A x0|^2, and (eta / d) (1 / c^2) <c xi, s(z + c xi) - s(z)>. */
async function lossParts(z: Array64): Promise<{ squared: number[]; curvature: number[] }> {
  const { x0 } = await estimate(prior, z, { t: 1, schedule: prior.schedule });
  const seen = matmul(problem.latentMatrix, transpose(x0)).data;
  const squared = Array.from(problem.latentMeasurement.data, (value, b) => (value - seen[b]!) ** 2);
  const moved = { ...z, data: z.data.map((value, i) => value + scale * probe.data[i]!) };
  const [here, ahead] = [prior.score(z, 1).data, prior.score(moved, 1).data];
  const curvature = squared.map((_, b) => {
    const along = [2 * b, 2 * b + 1].map((i) => scale * probe.data[i]! * (ahead[i]! - here[i]!));
    return ((eta / 2) * (along[0]! + along[1]!)) / scale ** 2;
  });
  return { squared, curvature };
}

/** Central differences of both parts: an entry of a state is felt by its own example alone. */
async function slopes(): Promise<{ squared: number[]; curvature: number[] }> {
  const h = 1e-5;
  const found = { squared: [] as number[], curvature: [] as number[] };
  for (let i = 0; i < z0.data.length; i++) {
    const at = (step: number) =>
      lossParts({ ...z0, data: z0.data.map((value, j) => value + (j === i ? step : 0)) });
    const [up, down] = [await at(h), await at(-h)];
    const b = Math.floor(i / 2);
    for (const part of ['squared', 'curvature'] as const)
      found[part].push((up[part][b]! - down[part][b]!) / (2 * h));
  }
  return found;
}

const lambda = 0.3;
test.each([
  ['fixed', () => lambda],
  ['normalized', (residual: number) => lambda / residual],
  ['lipschitz', () => lambda / normSquared],
] as const)('a %s step, of the data term or of the whole loss, is as long as it says', async (kind, of) => {
  const [slope, { squared }] = [await slopes(), await lossParts(z0)];
  for (const lambdaScales of ['data', 'whole'] as const) {
    const descend = await innerLoop(problem, {
      inner: 1,
      eta,
      probeScale: scale,
      step: { kind, lambda, ...(kind === 'lipschitz' && { iterations: Infinity }) },
      lambdaScales,
    });
    const { z } = await descend(z0, { t: 1, key: seed });
    const expected = z0.data.map((value, i) => {
      const length = of(Math.sqrt(squared[Math.floor(i / 2)]!));
      const curvature = lambdaScales === 'whole' ? length * slope.curvature[i]! : slope.curvature[i]!;
      return value - length * slope.squared[i]! - curvature;
    });
    expect(near(z.data, expected)).toBeLessThan(1e-7);
  }
});
