import { key } from '@lab/tensor-core/random';
import {
  cosineLevels,
  gaussianDenoiser,
  quadraticBetas,
  sample,
  signalLevels,
  signalLevelSchedule,
  trajectory,
  type Schedule,
} from '@lab/diffusion-core';
import { describe, expect, test } from 'vitest';
import { compileConstraints, constrain, fixed, posteriorProjection } from '../../src';
import { affineLaw } from '../../src/experiments/bias/affine-law';
import { covariance, demand, exactDenoiser } from '../../src/experiments/bias/correlated-pair';

const one = { shape: [1, 1, 1], data: Float64Array.of(1) };
const cosineGrid = (steps: number, scale: number): Schedule =>
  signalLevelSchedule(cosineLevels({ steps, scale }));
const isotropic = (schedule: Schedule) => gaussianDenoiser({ mean: [0], covariance: 1, schedule });

describe('DDIM on isotropic data contracts by the product of cosines', () => {
  // cos(pi / 2N)^N, the closed form D1 on a uniform grid of angles from pi/2 to 0.
  test.each([
    [5, 0.7780932],
    [10, 0.8834852],
    [20, 0.9401193],
    [50, 0.9756239],
    [100, 0.9877383],
  ])('%i steps', async (steps, expected) => {
    const schedule = cosineGrid(steps, 1);
    const { samples } = await sample(isotropic(schedule), { schedule, steps, init: one, key: key(0) });
    expect(samples.data[0]).toBeCloseTo(expected, 6);
    expect(samples.data[0]).toBeCloseTo(Math.cos(Math.PI / (2 * steps)) ** steps, 9);
  });

  test('the 50 levels of CSDI', async () => {
    const schedule = signalLevelSchedule(signalLevels(quadraticBetas()));
    const u = Math.sqrt(1); // mean 0: the state is u itself
    const init = { shape: [1, 1, 1], data: Float64Array.of(u) };
    const { samples } = await sample(isotropic(schedule), { schedule, steps: 50, init, key: key(0) });
    expect(samples.data[0]).toBeCloseTo(0.9701511, 6);
  });
});

describe('the trace of CPS on isotropic data', () => {
  const schedule = cosineGrid(5, 0.98);
  // gamma, w, w', u of the closed-form recursion D2, computed apart: u_5 = 1, target 2, exp schedule, quadratic penalty.
  const table = [
    [3.078883, 0.0314108, 1.5173706, 1.4475358],
    [4.812185, 0.4817682, 1.7387847, 2.1373641],
    [20.039187, 1.2886799, 1.9661907, 2.5899424],
    [53618.157, 2.1142717, 2.0000021, 2.3592651],
    [Infinity, 2.2483309, 2, 2],
  ] as const;

  test('along a constrained direction', async () => {
    const gammas: number[] = [];
    const control = constrain(compileConstraints(fixed({ values: { 0: 2 } }), { shape: [1, 1] }), {
      penalty: 'quadratic',
      onProjection: (_, { logGamma }) => gammas.push(Math.exp(logGamma)),
    });
    let u = 1;
    const points = trajectory(isotropic(schedule), {
      schedule,
      steps: 5,
      init: one,
      key: key(0),
      controls: [control],
    });
    for await (const point of points) {
      const [gamma, w, projected, next] = table[point.index]!;
      expect(gammas[point.index]! / gamma || 1).toBeCloseTo(1, 6);
      expect(schedule.alpha(point.t) * u).toBeCloseTo(w, 6);
      expect(point.x0.data[0]).toBeCloseTo(projected, 6);
      expect(point.x.data[0]).toBeCloseTo(next, 6);
      u = point.x.data[0]!;
    }
    expect(u).toBe(2);
  });

  test('along a free direction', async () => {
    const { samples } = await sample(isotropic(schedule), { schedule, steps: 5, init: one, key: key(0) });
    expect(samples.data[0]).toBeCloseTo(0.7859907, 6);
  });
});

describe('the law of CPS on correlated data, by propagation through the sampler itself', () => {
  const projector = compileConstraints(fixed({ values: { 0: 2 } }), { shape: [2, 1] });
  const lawOf = (steps: number, options: Parameters<typeof constrain>[1], eta = 0) => {
    const schedule = cosineGrid(steps, 0.999);
    const controls = [constrain(projector, { penalty: 'quadratic', ...options })];
    return affineLaw(exactDenoiser(schedule), { schedule, steps, size: 2, eta, controls });
  };
  const expectLaw = (law: Awaited<ReturnType<typeof affineLaw>>, mean: number, variance: number) => {
    expect(law.mean[0]).toBeCloseTo(2, 9);
    expect(Math.abs(law.mean[1]! - mean)).toBeLessThan(1e-5);
    expect(Math.abs(law.covariance[3]! - variance)).toBeLessThan(1e-5);
    expect(law.covariance[0]).toBeCloseTo(0, 9);
  };
  // Mean and variance of x_2 by an independent recursion of both (rounded to 5 digits): post-hoc, exp, exp eta 1, hard, hard eta 1.
  const table: [number, number[]][] = [
    [5, [0, 0.58358, 0.82456, 0.34443, 0.84336, 0.30355, 0.89787, 0.33466, 0.90619, 0.298]],
    [10, [0, 0.76698, 0.99741, 0.38594, 1.1123, 0.32586, 1.07484, 0.37075, 1.17323, 0.31836]],
    [50, [0, 0.94854, 1.27673, 0.38722, 1.4493, 0.34534, 1.32242, 0.37787, 1.47711, 0.34203]],
    [100, [0, 0.97393, 1.35087, 0.38021, 1.50893, 0.35143, 1.3837, 0.37413, 1.52621, 0.34958]],
    [400, [0, 0.99342, 1.44837, 0.36979, 1.56563, 0.35758, 1.46591, 0.36736, 1.57217, 0.35705]],
  ];
  test.each(table)('%i steps', async (steps, values) => {
    expectLaw(await lawOf(steps, { gamma: 'posthoc' }), values[0]!, values[1]!);
    expectLaw(await lawOf(steps, { gamma: 'exp' }), values[2]!, values[3]!);
    expectLaw(await lawOf(steps, { gamma: 'exp' }, 1), values[4]!, values[5]!);
    expectLaw(await lawOf(steps, { gamma: 'hard' }), values[6]!, values[7]!);
    expectLaw(await lawOf(steps, { gamma: 'hard' }, 1), values[8]!, values[9]!);
  });

  test.each([
    [10, 0.6731],
    [50, 0.6891],
    [400, 0.6924],
  ])('recomputing the noise is another method: %i steps', async (steps, mean) => {
    const schedule = cosineGrid(steps, 0.999);
    const controls = [{ ...constrain(projector, { gamma: 'hard' }), noise: 'recompute' as const }];
    const law = await affineLaw(exactDenoiser(schedule), { schedule, steps, size: 2, eta: 0, controls });
    expect(Math.abs(law.mean[1]! - mean)).toBeLessThan(1e-4);
    const kept = await lawOf(steps, { gamma: 'hard' });
    expect(Math.abs(kept.mean[1]! - mean)).toBeGreaterThan(0.3);
  });

  test.each([
    [10, 1.5987, 0.2718],
    [50, 1.5985, 0.3404],
    [400, 1.5985, 0.3575],
  ])('the posterior metric with recomputed noise is exact: %i steps', async (steps, mean, variance) => {
    const schedule = cosineGrid(steps, 0.999);
    const controls = [posteriorProjection({ covariance, ...demand })];
    const law = await affineLaw(exactDenoiser(schedule), { schedule, steps, size: 2, eta: 0, controls });
    expect(Math.abs(law.mean[1]! - mean)).toBeLessThan(1e-4);
    expect(Math.abs(law.covariance[3]! - variance)).toBeLessThan(1e-4);
  });

  test('a Monte-Carlo check, 20,000 samples', async () => {
    const schedule = cosineGrid(50, 0.999);
    const { samples } = await sample(exactDenoiser(schedule), {
      schedule,
      steps: 50,
      shape: [20000, 2, 1],
      key: key(6),
      controls: [constrain(projector, { penalty: 'quadratic' })],
    });
    const second = Array.from({ length: 20000 }, (_, n) => samples.data[2 * n + 1]!);
    const mean = second.reduce((sum, x) => sum + x, 0) / second.length;
    const variance = second.reduce((sum, x) => sum + (x - mean) ** 2, 0) / second.length;
    // The law of the sampler, from the table above.
    expect(Math.abs(mean - 1.27673)).toBeLessThan(0.02);
    expect(Math.abs(variance - 0.38722)).toBeLessThan(0.02);
  });
});
