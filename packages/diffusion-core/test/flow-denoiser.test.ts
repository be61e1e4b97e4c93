import { beforeAll, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import { expectNoLeak } from '@lab/testing';
import {
  cosineSchedule,
  float64Space,
  flowDenoiser,
  flowOde,
  fromArray64,
  gaussianDenoiser,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  toArray64,
  vpLinearSchedule,
} from '../src';
import { kernelDistance } from '../src/metrics';
import { key } from '@lab/tensor-core/random';

beforeAll(() => engine({ prefer: 'cpu' }));

const x = { shape: [3, 1], data: Float64Array.of(-2, 0.3, 5) };

// The velocity of N(m, s^2) data by the flow's own closed form, u = -m + (t - (1-t) s^2) / v (x - (1-t) m).
test.each([vpLinearSchedule(), cosineSchedule()].map((each) => [each.name, each] as const))(
  'a model of the schedule %s read as a flow has the velocity of the flow, in both spaces',
  async (_, schedule) => {
    const [mean, variance] = [1.5, 0.4];
    const native = gaussianDenoiser({ mean: [mean], covariance: variance, schedule });
    const single = gaussianDenoiser({ mean: [mean], covariance: variance, schedule, space: tensorSpace });
    for (const t of [0, 0.1, 0.5, 0.9]) {
      const v = (1 - t) ** 2 * variance + t ** 2;
      const rate = (t - (1 - t) * variance) / v;
      const expected = { shape: [3, 1], data: x.data.map((each) => -mean + rate * (each - (1 - t) * mean)) };
      expect(await flowDenoiser(native, schedule).predict(x, t)).toBeAllclose(expected, {
        atol: 1e-9,
        rtol: 1e-8,
      });
      await expectNoLeak(async () => {
        const state = fromArray64(x);
        const u = await flowDenoiser(single, schedule).predict(state, t);
        expect(await toArray64(u)).toBeAllclose(expected, { atol: 1e-4, rtol: 1e-4 });
        tf.dispose([state, u]);
      });
    }
  },
);

test('it samples the law it was made for, and refuses levels that are no levels', async () => {
  const schedule = cosineSchedule();
  const flow = flowDenoiser(gaussianDenoiser({ mean: [4], covariance: 0.25, schedule }), schedule);
  const shape = [4000, 1];
  const { samples } = await sample(flow, {
    schedule: rectifiedFlowSchedule(),
    solver: flowOde(),
    steps: 100,
    shape,
    key: key(0),
  });
  const mean = samples.data.reduce((a, b) => a + b, 0) / 4000;
  // Four standard errors, and Euler's own error.
  expect(mean).toBeAllclose(4, { atol: 4 * (0.5 / Math.sqrt(4000)) + 0.02, rtol: 0 });
  await expect(Promise.resolve().then(() => flow.predict(x, 500))).rejects.toThrow(/1000/);
});

// By hand for single numbers: k(x, y) = (x y + 1)^3.
test('the kernel distance, by hand and of one law with itself', () => {
  const column = (...numbers: number[]) => ({ shape: [numbers.length, 1], data: Float64Array.from(numbers) });
  const byHand = 1 + 27 - (2 / 4) * (1 + 1 + 8 + 27);
  expect(kernelDistance(column(0, 1), column(1, 2))).toBeAllclose(byHand, { rtol: 1e-12 });
  const draws = (seed: number) => float64Space.normal(key(seed), [400, 3]);
  expect(Math.abs(kernelDistance(draws(1), draws(2)))).toBeLessThan(0.05);
  expect(() => kernelDistance(column(1), column(1, 2))).toThrow(/at least two/);
});
