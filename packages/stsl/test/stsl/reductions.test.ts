import { describe, expect, test } from 'vitest';
import { matmul, qr, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import { estimate } from '@lab/diffusion-core';
import {
  diffPir,
  dps,
  gmlDps,
  ldps,
  linearAutoencoder,
  linearProblem,
  momentMatched,
  p2l,
  psld,
  reSample,
  runMethod,
  stslSample,
  trainedTimes,
  type StslOptions,
} from '../../src';
import { near, state } from '../support';
import { curved, schedule, standard, times } from './exact-problems';

describe('recovery without noise', () => {
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

describe('reductions', () => {
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

test('an example does not feel its neighbours', async () => {
  const grid = trainedTimes({ steps: 10 });
  const init = (count: number) => ({
    state: state([0.4, -1], [1, 0.2], [-0.3, 0.3]).data.slice(0, 2 * count),
  });
  const start = (count: number) => ({ state: { shape: [count, 2], data: init(count).state } });
  const methods = [
    ldps(),
    dps(),
    psld(),
    gmlDps(),
    p2l(),
    diffPir({ deviation: 0.3 }),
    momentMatched({ deviation: 0.3 }),
    reSample({ every: 3 }),
  ];
  for (const method of methods) {
    const run = (count: number) =>
      runMethod(curved(count), method, { times: grid, init: start(count), key: key(1) });
    expect(near((await run(1)).latents.data, (await run(3)).latents.data.slice(0, 2))).toBeLessThan(1e-12);
  }
  const ways: Partial<StslOptions<Array64>>[] = [
    // With the usual second-order term, whose probes are drawn for the batch as a whole.
    {},
    { lambdaScales: 'whole', step: { kind: 'normalized', lambda: 0.1 } },
    { ddimEta: 0.5, reuseScore: true },
    ...(['fixed', 'normalized', 'lipschitz'] as const).map((kind) => ({
      eta: 0,
      step: { kind, lambda: 0.1 },
      noiseDeviation: 0.1,
    })),
  ];
  for (const way of ways) {
    const run = (count: number) =>
      stslSample(curved(count), { times: grid, init: start(count), key: key(1), ...way });
    expect(near((await run(1)).latents.data, (await run(3)).latents.data.slice(0, 2))).toBeLessThan(1e-12);
  }
});
