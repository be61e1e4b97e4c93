import { describe, expect, test } from 'vitest';
import { fromRows, identity, matmul, qr, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import { clampEstimate, ddim, estimate, sample, type Control } from '@lab/diffusion-core';
import {
  diffPir,
  gmlDps,
  innerLoop,
  invert,
  ldps,
  linearAutoencoder,
  linearProblem,
  mixturePrior,
  momentMatched,
  p2l,
  psld,
  reSample,
  runMethod,
  stsl,
  stslSample,
  trainedTimes,
} from '../../src';
import { fixture, levelled, near, state, trained } from '../support';

const schedule = trained;
const pixels = (size: number) => linearAutoencoder({ basis: identity(size) });
const standard = (size: number, at = schedule) =>
  mixturePrior({ weights: [1], means: [new Float64Array(size)], covariances: 1, schedule: at });
const scalar = (at = schedule) =>
  linearProblem({
    prior: standard(1, at),
    matrix: fromRows([[1]]),
    y: fromRows([[1]]),
    autoencoder: pixels(1),
  });
/** Fixture G seen through a matrix [1, 2]. */
const curved = (batch = 1) =>
  linearProblem({
    prior: fixture(schedule),
    matrix: fromRows([[1, 0.5]]),
    y: fromRows([[0.8], [-0.5], [0.3]].slice(0, batch)),
    autoencoder: pixels(2),
  });
const times = trainedTimes({ steps: 20 });

test('A3: under a Gaussian prior the second-order term changes nothing', async () => {
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

describe('A7: the inner loop', () => {
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

describe('A8: the whole recursion', () => {
  const grid = trainedTimes({ steps: 50 });
  test('on the grid 980, 960, ..., 0 of the thousand trained steps', () => {
    expect(grid[0]).toBeCloseTo(0.981, 12);
    expect(grid.at(-2)).toBeCloseTo(0.001, 12);
    expect(schedule.alpha(250 / 1000) ** 2).toBeCloseTo(0.52408537, 8);
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

describe('A11: recovery without noise', () => {
  const basis = qr({ shape: [8, 3], data: normal64(key(1), [8, 3]) }).q;
  const prior = standard(3);
  const autoencoder = linearAutoencoder({ basis });
  const truth = Float64Array.of(0.7, -1.1, 0.4);
  const measure = (matrix: Array64) => matmul(matmul(matrix, basis), { shape: [3, 1], data: truth });
  const solve = async (matrix: Array64, inner: number) => {
    const problem = linearProblem({
      prior,
      matrix,
      y: { shape: [1, 4], data: measure(matrix).data },
      autoencoder,
    });
    return (
      await stslSample(problem, {
        times: trainedTimes({ steps: 10 }),
        inner,
        eta: 0,
        step: { kind: 'lipschitz', lambda: 0.9, iterations: Infinity },
        init: { state: state([1.2, -0.4, 0.9]) },
        key: key(2),
      })
    ).latents.data;
  };
  test('of a latent that the measurement determines', async () => {
    const matrix = { shape: [4, 8], data: normal64(key(3), [4, 8]) };
    expect(near(await solve(matrix, 600), truth)).toBeLessThan(1e-8);
  });
  test('what a rank-deficient measurement says nothing of stays as the prior has it', async () => {
    const half = normal64(key(3), [2, 8]);
    const matrix = { shape: [4, 8], data: Float64Array.of(...half, ...half) };
    const [found, unguided] = [await solve(matrix, 600), await solve(matrix, 0)];
    const [a, b] = [0, 1].map(
      (row) => matmul({ shape: [1, 8], data: half.slice(8 * row, 8 * row + 8) }, basis).data,
    ) as [Float64Array, Float64Array];
    // The null space of A D is the line across both rows.
    const line = [0, 1, 2].map((i) => a[(i + 1) % 3]! * b[(i + 2) % 3]! - a[(i + 2) % 3]! * b[(i + 1) % 3]!);
    const along = (z: ArrayLike<number>) => line.reduce((sum, each, i) => sum + each * z[i]!, 0);
    expect(Math.abs(along(found) - along(unguided))).toBeLessThan(1e-10);
    for (const row of [a, b]) {
      const gap = row.reduce((sum, each, i) => sum + each * (found[i]! - truth[i]!), 0);
      expect(Math.abs(gap)).toBeLessThan(1e-8);
    }
  });
});

describe('A12: reductions', () => {
  const options = { times, init: 'qSample', key: key(5) } as const;
  const plain = async () => {
    const { latents } = await stslSample(curved(), { ...options, inner: 0 });
    return latents.data;
  };
  test('K = 0, or lambda = eta = 0, is plain sampling', async () => {
    const still = await stslSample(curved(), { ...options, eta: 0, step: { kind: 'fixed', lambda: 0 } });
    expect(near(still.latents.data, await plain())).toBe(0);
    const unguided = await runMethod(curved(), ldps({ strength: 0 }), options);
    expect(near(unguided.latents.data, await plain())).toBeLessThan(1e-12);
  });
  test('one normalised step without curvature is LDPS with the update before the DDIM map', async () => {
    const problem = curved();
    const found = await stslSample(problem, {
      ...options,
      init: { state: state([0.4, -1]) },
      inner: 1,
      eta: 0,
      step: { kind: 'normalized', lambda: 0.1 },
    });
    let z = state([0.4, -1]);
    for (let i = 0; i + 1 < times.length; i++) {
      const [t, next] = [times[i]!, times[i + 1]!];
      const { gradient } = await problem.gradient(z, { data: { weight: 0.2, form: 'norm' } }, { t });
      z = { ...z, data: z.data.map((value, j) => value - gradient.data[j]!) };
      const { x0, noise } = await estimate(problem.denoiser, z, { t, schedule });
      z = {
        ...z,
        data: x0.data.map((v, j) => schedule.alpha(next) * v + schedule.sigma(next) * noise.data[j]!),
      };
    }
    expect(near(found.latents.data, z.data)).toBeLessThan(1e-12);
  });
  test('PSLD without gluing, and GML-DPS where E after D is the identity, are LDPS', async () => {
    const run = async (method: Parameters<typeof runMethod>[1]) =>
      (await runMethod(curved(), method, options)).latents.data;
    const reference = await run(ldps({ strength: 0.3 }));
    expect(near(await run(psld({ strength: 0.3, gluing: 0 })), reference)).toBe(0);
    expect(near(await run(gmlDps({ strength: 0.3, gluing: 1 })), reference)).toBe(0);
    expect(near(await run(psld({ strength: 0.3, gluing: 0.3 })), reference)).toBeGreaterThan(1e-3);
  });
});

test('A13: inversion is of first order', async () => {
  const prior = mixturePrior({
    weights: [1],
    means: [[0, 0, 0, 0, 2, 0]],
    covariances: [[1, 1, 1, 1, 0.1, 0.1]],
    schedule,
  });
  const clean = prior.draw(key(7), 200);
  const errors: number[] = [];
  for (const steps of [25, 50, 100, 200]) {
    const grid = trainedTimes({ steps });
    const noisy = await invert({ denoiser: prior, schedule }, clean, { times: grid });
    const { samples } = await sample(prior, { schedule, times: grid, init: noisy, key: key(0) });
    const squares = samples.data.reduce((sum, value, i) => sum + (value - clean.data[i]!) ** 2, 0);
    errors.push(Math.sqrt(squares / clean.data.length));
  }
  for (let i = 0; i < 3; i++) {
    expect(errors[i]! / errors[i + 1]!).toBeGreaterThan(1.7);
    expect(errors[i]! / errors[i + 1]!).toBeLessThan(2.2);
  }
  [0.123, 0.064, 0.033, 0.0165].forEach((expected, i) =>
    expect(Math.abs(errors[i]! / expected - 1)).toBeLessThan(0.2),
  );
});

test('A14: the gradient of the surrogate against central differences', async () => {
  const basis = qr({ shape: [3, 2], data: normal64(key(1), [3, 2]) }).q;
  const prior = fixture();
  const problem = linearProblem({
    prior,
    matrix: { shape: [2, 3], data: normal64(key(2), [2, 3]) },
    y: fromRows([[0.8, -0.2]]),
    autoencoder: linearAutoencoder({ basis, scale: 1.3, mean: Float64Array.of(0.1, 0.2, -0.1) }),
  });
  const probe = state([0.7, -1.2]);
  const [lambda, weight, scale] = [0.7, 0.4, 0.5];
  const loss = async (z: Array64): Promise<number> => {
    const { x0 } = await estimate(prior, z, { t: 1, schedule: prior.schedule });
    const predicted = matmul(problem.latentMatrix, { shape: [2, 1], data: x0.data }).data;
    const r = problem.latentMeasurement.data.map((value, i) => value - predicted[i]!);
    const moved = { ...z, data: z.data.map((value, i) => value + scale * probe.data[i]!) };
    const [here, ahead] = [prior.score(z, 1).data, prior.score(moved, 1).data];
    const bend = probe.data.reduce((sum, xi, i) => sum + xi * (ahead[i]! - here[i]!), 0);
    const glue = matmul({ shape: [1, 2], data: r }, problem.latentMatrix).data.map((v) => v / 1.69);
    return lambda * (r[0]! ** 2 + r[1]! ** 2) + (weight * bend) / scale + 0.3 * Math.hypot(...glue);
  };
  const { gradient } = await problem.gradient(
    state([0.3, 0.1]),
    {
      data: { weight: lambda, form: 'squared' },
      gluing: { weight: 0.3, kind: 'measurement' },
      curvature: { weight, probe, scale },
    },
    { t: 1 },
  );
  const h = 1e-4;
  const slope = [
    ((await loss(state([0.3 + h, 0.1]))) - (await loss(state([0.3 - h, 0.1])))) / (2 * h),
    ((await loss(state([0.3, 0.1 + h]))) - (await loss(state([0.3, 0.1 - h])))) / (2 * h),
  ];
  expect(near(gradient.data, slope)).toBeLessThan(1e-5 * Math.hypot(...slope));
});

test('A17: an example does not feel its neighbours', async () => {
  const grid = trainedTimes({ steps: 10 });
  const init = (count: number) => ({
    state: state([0.4, -1], [1, 0.2], [-0.3, 0.3]).data.slice(0, 2 * count),
  });
  const start = (count: number) => ({ state: { shape: [count, 2], data: init(count).state } });
  const methods = [
    ldps(),
    psld(),
    gmlDps(),
    p2l(),
    diffPir({ deviation: 0.3 }),
    momentMatched({ deviation: 0.3 }),
  ];
  for (const method of methods) {
    const run = (count: number) =>
      runMethod(curved(count), method, { times: grid, init: start(count), key: key(1) });
    expect(near((await run(1)).latents.data, (await run(3)).latents.data.slice(0, 2))).toBeLessThan(1e-12);
  }
  for (const kind of ['fixed', 'normalized', 'lipschitz'] as const) {
    const run = (count: number) =>
      stslSample(curved(count), {
        times: grid,
        init: start(count),
        eta: 0,
        step: { kind, lambda: 0.1 },
        noiseDeviation: 0.1,
        key: key(1),
      });
    expect(near((await run(1)).latents.data, (await run(3)).latents.data.slice(0, 2))).toBeLessThan(1e-12);
  }
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

test('moment matching samples the exact posterior of a Gaussian', async () => {
  const problem = linearProblem({
    prior: standard(2),
    matrix: fromRows([[1, 2]]),
    y: fromRows([[1]]),
    autoencoder: pixels(2),
  });
  // The mean of the posterior is where the deterministic flow carries the mean of the noise.
  const { latents } = await runMethod(problem, momentMatched({ deviation: 0.25 }), {
    times: trainedTimes({ steps: 500 }),
    init: { state: state([0, 0]) },
    key: key(0),
  });
  expect(near(latents.data, [1 / 5.0625, 2 / 5.0625])).toBeLessThan(5e-3);
});

describe('A16: proximal maps', () => {
  const problem = linearProblem({
    prior: standard(2),
    matrix: fromRows([
      [1, 0],
      [0, 0],
    ]),
    y: fromRows([[0.4, 0]]),
    autoencoder: pixels(2),
  });
  test('of a mask', async () => {
    expect(near((await problem.proximal(state([0.1, 0.7]), 0.25)).data, [0.34, 0.7])).toBeLessThan(1e-12);
  });
  test('the methods made of them fit what is measured', async () => {
    for (const method of [
      reSample(),
      diffPir({ deviation: 0.01 }),
      p2l({ every: 1, tie: 1e-4, strength: 0.01 }),
    ]) {
      const { latents } = await runMethod(problem, method, { times, key: key(9) });
      expect(Math.abs(latents.data[0]! - 0.4)).toBeLessThan(0.02);
    }
  });
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
  expect(() => trainedTimes({ steps: 1001 })).toThrow(expect.objectContaining({ code: 'argument' }));
});
