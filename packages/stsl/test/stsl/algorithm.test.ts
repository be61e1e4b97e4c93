import '@lab/testing';
import { describe, expect, test } from 'vitest';
import { fromRows, type Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { clampEstimate, ddim, sample, type Control } from '@lab/diffusion-core';
import { innerLoop, linearProblem, mixturePrior, stsl, stslSample, trainedTimes } from '../../src';
import { levelled, near, state } from '../support';
import { curved, pixels, scalar, schedule, standard, times } from './exact-problems';

test('under a Gaussian prior the second-order term changes nothing', async () => {
  const prior = mixturePrior({
    weights: [1],
    means: [[0.2, -0.1]],
    covariances: [
      [
        [1, 0.3],
        [0.3, 0.5],
      ],
    ],
    schedule,
  });
  const problem = linearProblem({
    prior,
    matrix: fromRows([[1, 2]]),
    y: fromRows([[1]]),
    autoencoder: pixels(2),
  });
  const [none, some] = await Promise.all(
    [0, 0.5].map((eta) => stslSample(problem, { eta, times, init: 'qSample', key: key(3) })),
  );
  expect(near(some!.latents.data, none!.latents.data)).toBeLessThan(1e-10);
  const [flat, bent] = await Promise.all(
    [0, 0.5].map((eta) => stslSample(curved(), { eta, times, init: 'qSample', key: key(3) })),
  );
  expect(near(bent!.latents.data, flat!.latents.data)).toBeGreaterThan(1e-3);
});

describe('the inner loop', () => {
  const residualAfter = async (lambda: number, inner: number): Promise<number> => {
    const problem = scalar(levelled(0.5));
    const descend = await innerLoop(problem, { inner, eta: 0, step: { kind: 'fixed', lambda } });
    const { z } = await descend(state([0.5]), { t: 1, key: key(0) });
    return (1 - Math.sqrt(0.5) * z.data[0]!) / (1 - Math.sqrt(0.5) * 0.5);
  };
  test('contracts the residual by (1 - 2 lambda abar)^K', async () => {
    expect(await residualAfter(0.1, 5)).toBeCloseTo(0.59049, 12);
    expect(await residualAfter(0.1, 0)).toBe(1);
  });
  // Under N(0, 1) x0 = alpha z, and the detached gradient is 1 / alpha of that by x0: alpha cancels.
  test.each([0.5, 0.9])(
    'with the score detached, contracts it by (1 - 2 lambda)^K at abar %d',
    async (abar) => {
      const problem = scalar(levelled(abar));
      const options = { inner: 5, eta: 0, step: { kind: 'fixed', lambda: 0.1 } } as const;
      const descend = await innerLoop(problem, { ...options, detachScore: true });
      const { z } = await descend(state([0.5]), { t: 1, key: key(0) });
      const residual = (at: number): number => 1 - Math.sqrt(abar) * at;
      expect(residual(z.data[0]!) / residual(0.5)).toBeCloseTo(0.8 ** 5, 12);
    },
  );
  test('diverges just beyond lambda = 1 / abar', async () => {
    expect(Math.abs(await residualAfter(1.98, 200))).toBeLessThan(0.1);
    expect(Math.abs(await residualAfter(2.02, 200))).toBeGreaterThan(10);
  });
  test('the lipschitz rule divides by |A D|^2', async () => {
    const problem = linearProblem({
      prior: standard(2),
      matrix: fromRows([
        [3, 0],
        [0, 1],
      ]),
      y: fromRows([[1, 1]]),
      autoencoder: pixels(2),
    });
    expect(await problem.squaredNorm(20)).toBeCloseTo(9, 6);
  });
  test('stops at the noise: residuals stay where the noise would be fitted', async () => {
    const problem = scalar(levelled(0.5));
    const descend = await innerLoop(problem, {
      inner: 100,
      eta: 0,
      step: { kind: 'fixed', lambda: 0.1 },
      noiseDeviation: 0.3,
    });
    const { z, residuals } = await descend(state([0.5]), { t: 1, key: key(0) });
    const left = Math.abs(1 - Math.sqrt(0.5) * z.data[0]!);
    expect(left).toBeLessThanOrEqual(0.3);
    expect(left).toBeGreaterThan(0.3 * 0.9);
    expect(residuals![0]).toBeCloseTo(left ** 2, 12);
  });
});

describe('the whole recursion', () => {
  const grid = trainedTimes({ steps: 50 });
  test('on the grid 980, 960, ..., 0 of the thousand trained steps', () => {
    expect(grid[0]).toBeCloseTo(0.981, 12);
    expect(grid.at(-2)).toBeCloseTo(0.001, 12);
    // Cumulative products of 1 - beta, beta linear from 1e-4 to 2e-2: levels 0, 249, 499 and 999 of the thousand.
    const levels = [1, 250, 500, 1000].map((step) => schedule.alpha(step / 1000) ** 2);
    expect(levels).toBeAllclose([0.9999, 0.52408537, 0.07858724, 4.036e-5], { rtol: 1e-4, atol: 0 });
    expect(levels.slice(0, 3)).toBeAllclose([0.9999, 0.52408537, 0.07858724], { rtol: 0, atol: 5e-9 });
  });
  test.each([
    [0, 5, 0.4820396],
    [0.1, 1, 1.0614952],
    [0.1, 5, 1.001434],
    [0.4, 5, 1.0000002],
  ])('lambda %d, K %d', async (lambda, inner, expected) => {
    const { latents, stats } = await stslSample(scalar(), {
      times: grid,
      inner,
      eta: 0,
      step: { kind: 'fixed', lambda },
      init: { state: state([0.5]) },
      key: key(0),
    });
    expect(Math.abs(latents.data[0]! - expected)).toBeLessThan(1e-6);
    expect(stats).toMatchObject({ nfePaper: 50 * inner, scoreEvaluations: 50 * (inner + 1) });
  });
});

test('the cost: a probe is one more evaluation, and reusing the last estimate saves one a step', async () => {
  const run = (options: object) =>
    stslSample(curved(), { steps: 50, init: 'noise', key: key(1), ...options });
  expect((await run({})).stats).toMatchObject({ nfePaper: 250, scoreEvaluations: 550 });
  expect((await run({ reuseScore: true })).stats.scoreEvaluations).toBe(500);
  expect((await run({ reuseScore: true, eta: 0 })).stats.scoreEvaluations).toBe(250);
});

test('STSL composes with a bound on the estimate, which holds at the end', async () => {
  const problem = curved(3);
  const bound = 0.35;
  const control = await stsl(problem, { inner: 3 });
  const run = (controls: readonly Control<Array64>[]) =>
    sample(problem.denoiser, { schedule, times, shape: [3, 2], key: key(4), solver: ddim(), controls });
  const clamp = clampEstimate<Array64>({ low: -bound, high: bound });
  const [both, alone] = [await run([clamp, control]), await run([control])];
  expect(Math.max(...both.samples.data.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(Math.max(...alone.samples.data.map(Math.abs))).toBeGreaterThan(bound);
});

test('bad options are refused', async () => {
  const run = (options: object) => stslSample(curved(), { key: key(0), steps: 5, ...options });
  for (const options of [
    { inner: -1 },
    { inner: 1.5 },
    { eta: -0.1 },
    { probeScale: 0 },
    { tau: -1 },
    { noiseDeviation: NaN },
    { step: { kind: 'fixed', lambda: -1 } },
  ])
    await expect(run(options)).rejects.toThrow(expect.objectContaining({ code: 'argument' }));
  await expect(
    run({ step: { kind: 'fixed', lambda: 1e6 }, inner: 200, init: 'noise', eta: 0 }),
  ).rejects.toThrow(/not finite at t = 1, inner step/);
});
