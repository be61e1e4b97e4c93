import { expect, test } from 'vitest';
import { fromRows, matmul, qr, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import { estimate, sample } from '@lab/diffusion-core';
import { invert, linearAutoencoder, linearProblem, mixturePrior, trainedTimes } from '../../src';
import { fixture, near, state } from '../support';
import { schedule } from './exact-problems';

test('inversion is of first order', async () => {
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

test('the gradient of the surrogate against central differences', async () => {
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
