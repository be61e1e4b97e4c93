import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import {
  float64Space,
  flowDenoiser,
  gaussianDenoiser,
  vpLinearSchedule,
  type Denoiser,
} from '@lab/diffusion-core';
import { kernelDistance } from '@lab/diffusion-core/metrics';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import { ddimEdit, ddimInversion, editFlow, flowEdit, odeInversion, ouInversion, sdEdit } from '../src';
import { column, normalFlow, schedule } from './support/gaussian';
import { draw, randomFlow } from './support/random-flow';

// Euler's error there and back is dt mu (1 - e^-T) a coordinate.
test('the diffusion model of the toy comparison misses by its closed form', () => {
  const [mu, horizon, steps] = [10, 10, 100];
  const score = (x: Array64, t: number): Array64 => ({
    shape: x.shape,
    // N(e^-t mu, 1) at every time
    data: x.data.map((each) => Math.exp(-t) * mu - each),
  });
  const image = draw(0, [1, 10]);
  const start = { shape: [1, 10], data: image.data.map((each) => each + mu) };
  const { image: back } = ouInversion(start, { score, space: float64Space, horizon, steps });
  const errors = Array.from(back.data, (each, i) => Math.abs(each - start.data[i]!));
  expect(errors).toBeAllclose(new Array<number>(10).fill(0.99995), { atol: 1e-4 });
  expect(Math.hypot(...errors)).toBeAllclose(3.162, { atol: 1e-3 });
  expect(errors.reduce((a, b) => a + b)).toBeAllclose(10, { atol: 1e-3 });
});

property.prop(
  [fc.double({ min: 0.01, max: 0.97, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })],
  { numRuns: 50 },
)('a variance-preserving model read as a flow has the flow velocity', async (t, x) => {
  const vp = vpLinearSchedule();
  const native = gaussianDenoiser({ mean: [3], covariance: 2, schedule: vp });
  const asEpsilon: Denoiser<Array64> = {
    predicts: 'epsilon',
    space: float64Space,
    async predict(z, at) {
      const x0 = await native.predict(z, at);
      const data = z.data.map((each, i) => (each - vp.alpha(at) * x0.data[i]!) / vp.sigma(at));
      return { shape: z.shape, data };
    },
  };
  const x0 = await normalFlow(3, 2).predict(column(x), t);
  const expected = (x - x0.data[0]!) / t;
  for (const denoiser of [native, asEpsilon]) {
    const u = await flowDenoiser(denoiser, vp).predict(column(x), t);
    expect(u.data[0]).toBeAllclose(expected, { rtol: 1e-8, atol: 1e-9 });
  }
});

// a = 0.6, b = 0.8: flow level 4/7, u = noise - x0 by hand for N(0, 1) data, where x0 = a z and noise = b z.
test('the reading at one level, by hand', async () => {
  const fixed = {
    ...vpLinearSchedule(),
    alpha: () => 0.6,
    sigma: () => 0.8,
    logSnr: (t: number) => 2 * Math.log(0.75) + 0.5 - t,
  };
  const native = gaussianDenoiser({ mean: [0], covariance: 1, schedule: fixed });
  const u = await flowDenoiser(native, fixed).predict(column(2), 4 / 7);
  expect(u.data[0]).toBeAllclose((0.8 - 0.6) * 1.4 * 2, { rtol: 1e-10 });
});

test('DDIM inversion on a flow is the ODE inversion; there and back it converges at first order', async () => {
  const [denoiser, image] = [randomFlow(3), draw(1, [2, 3])];
  const ddim = await ddimInversion(denoiser, image, { schedule, steps: 9 });
  const ode = await odeInversion(denoiser, image, { steps: 9 });
  expect(ddim.noise).toBeAllclose(ode.noise, { atol: 1e-12, rtol: 1e-12 });

  const vp = vpLinearSchedule();
  const native = gaussianDenoiser({ mean: [3], covariance: 2, schedule: vp });
  const error = async (steps: number): Promise<number> => {
    const inversion = await ddimInversion(native, column(5), { schedule: vp, steps });
    const { image: back } = await ddimEdit(native, inversion, { schedule: vp });
    return Math.abs(back.data[0]! - 5);
  };
  const ratio = (await error(100)) / (await error(200));
  expect(ratio).toBeGreaterThan(1.7);
  expect(ratio).toBeLessThan(2.3);
});

test('SDEdit at level 1 forgets the image, and near 0 returns it', async () => {
  const noise = column(0.3);
  const forgets = await Promise.all(
    [5, 50].map((y) => sdEdit(normalFlow(), column(y), { startStep: 0, noise })),
  );
  expect(forgets[0]!.image.data[0]).toBe(forgets[1]!.image.data[0]);
  const times = [1, 1e-4, 0];
  const kept = await sdEdit(normalFlow(), column(5), { times, startStep: 1, noise });
  expect(kept.image.data[0]).toBeAllclose(5, { atol: 1e-3 });
  await expect(sdEdit(normalFlow(), column(5), { startStep: 0 })).rejects.toThrow(/key/);
});

/** The exact flow of N(c, 1) data, c being the condition. */
const conditional: Denoiser<Array64, number> = {
  predicts: 'sample',
  space: float64Space,
  predict: (x, t, c = 0) => normalFlow(c).predict(x, t),
};

// The edit's velocity difference of two normal laws of equal variance is -(c' - c) at every level and noise.
test('FlowEdit moves a normal law by the difference of the means, and changes nothing for equal conditions', async () => {
  const image = column(1.3);
  const run = { key: key(0), steps: 28, maxSteps: 28 };
  const moved = await flowEdit(conditional, image, { ...run, sourceCondition: 1, targetCondition: 4 });
  // u' - u = -(c' - c) + a_t (dz - (1 - t) (c' - c)) with dz the edit so far: exact for the line dz = (1 - t)(c' - c).
  expect(moved.image.data[0]).toBeAllclose(1.3 + 3, { atol: 1e-9 });
  const same = await flowEdit(conditional, image, { ...run, sourceCondition: 1, targetCondition: 1 });
  expect(same.image.data[0]).toBeAllclose(1.3, { atol: 1e-12 });
  expect(same.modelCalls).toBe(56);
  const averaged = await flowEdit(conditional, image, {
    ...run,
    draws: 3,
    sourceCondition: 1,
    targetCondition: 4,
  });
  expect(averaged.image.data[0]).toBeAllclose(4.3, { atol: 1e-9 });
  expect(averaged.modelCalls).toBe(28 * 6);
  const mixed = await flowEdit(conditional, image, {
    ...run,
    maxSteps: 20,
    minSteps: 5,
    sourceCondition: 1,
    targetCondition: 1,
  });
  expect(mixed.modelCalls).toBe(15 * 2 + 5);
  expect(Number.isFinite(mixed.image.data[0])).toBe(true);
  await expect(flowEdit(conditional, image, { ...run, maxSteps: 3, minSteps: 5 })).rejects.toThrow(
    /minSteps/,
  );
});

test('editing between conditions: reconstruction under the old one, the new mean under the new one', async () => {
  const inversion = await odeInversion(conditional, column(11.5), {
    steps: 400,
    condition: 10,
    solver: 'midpoint',
  });
  const run = { eta: 0, solver: 'midpoint' } as const;
  const same = await editFlow(conditional, inversion, { ...run, condition: 10 });
  const other = await editFlow(conditional, inversion, { ...run, condition: -4 });
  expect([same.image.data[0], other.image.data[0]]).toBeAllclose([11.5, -2.5], { atol: 1e-4 });
});

// By hand for two vectors of one number each: k(x, y) = (x y + 1)^3.
test('the kernel distance', () => {
  expect(kernelDistance(column(0, 1), column(1, 2))).toBeAllclose(1 + 27 - (2 / 4) * (1 + 1 + 8 + 27), {
    rtol: 1e-12,
  });
  expect(() => kernelDistance(column(1), column(1, 2))).toThrow(/at least two/);
});
