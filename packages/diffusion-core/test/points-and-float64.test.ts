import { beforeAll, describe, expect, test } from 'vitest';
import { disposeTree, engine, attend as softmax, tf, type Tensor } from '@lab/tensor-core';
import { isLabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { checkGradients, expectNoLeak } from '@lab/testing';
import {
  classifierFreeGuidance,
  controlToFloat64,
  diffusionTransformer,
  float64Space,
  imageUnet,
  mixtureDenoiser,
  multiply,
  pointsDenoiser,
  rectifiedFlowSchedule,
  sample,
  tensorSpace,
  toFloat64,
  vpLinearSchedule,
  type Control,
  type Denoiser,
} from '../src';
import { state } from './support/gaussian-ode';

beforeAll(() => engine());

const values = Float64Array.from(normal(key(0), 6 * 3));
const points = { shape: [6, 3], data: values };
const means = Array.from({ length: 6 }, (_, i) => Array.from(values.subarray(3 * i, 3 * i + 3)));
const labels = [0, 1, 0, 1, 1, 0];

describe.each([
  ['flow', rectifiedFlowSchedule()],
  ['variance preserving', vpLinearSchedule()],
] as const)('pointsDenoiser, %s', (_, schedule) => {
  const options = { points, labels, deviation: 0.2, schedule };
  const x = state([3, 3], Array.from(normal(key(1), 9)));

  test('is the general mixture, of all points and of those of a class', async () => {
    const mixtureOf = (chosen: number[][]) =>
      mixtureDenoiser({ weights: chosen.map(() => 1), means: chosen, covariances: 0.04, schedule });
    const ones = means.filter((__, i) => labels[i] === 1);
    for (const t of [0.05, 0.4, 1]) {
      const whole = await mixtureOf(means).predict(x, t);
      expect(await pointsDenoiser(options).predict(x, t)).toBeAllclose(whole, { atol: 1e-10 });
      expect(await pointsDenoiser(options).predict(x, t, [-1, -1, -1])).toBeAllclose(whole, { atol: 1e-10 });
      const some = await pointsDenoiser(options).predict(x, t, [1, -1, 1]);
      const expected = await mixtureOf(ones).predict(x, t);
      for (const b of [0, 2])
        expect(some.data.subarray(3 * b, 3 * b + 3)).toBeAllclose(expected.data.subarray(3 * b, 3 * b + 3), {
          atol: 1e-10,
        });
      expect(some.data.subarray(3, 6)).toBeAllclose(whole.data.subarray(3, 6), { atol: 1e-10 });
    }
  });

  test('is the same on tensors, differentiable and without a leak', async () => {
    const device = pointsDenoiser({ ...options, space: tensorSpace });
    const input = tf.tensor2d(Float32Array.from(x.data), [3, 3]);
    await expectNoLeak(async () => {
      for (const classes of [undefined, [1, -1, 0]]) {
        const y = await device.predict(input, 0.4, classes);
        expect(y).toBeAllclose(await pointsDenoiser(options).predict(x, 0.4, classes), { atol: 1e-5 });
        y.dispose();
      }
    });
    checkGradients((z: Tensor) => device.predict(z, 0.4, [1, -1, 0]) as Tensor, [input]);
    input.dispose();
  });

  test('refuses other sizes and classes without points', async () => {
    for (const [act, code] of [
      [() => pointsDenoiser(options).predict(state([1, 2], [0, 0]), 0.4), 'shape'],
      [() => pointsDenoiser(options).predict(x, 0.4, [7, 7, 7]), 'argument'],
      [() => pointsDenoiser({ ...options, deviation: 0 }), 'argument'],
      [() => pointsDenoiser({ ...options, labels: [0] }), 'argument'],
    ] as const)
      await expect(Promise.resolve().then<unknown>(act as () => unknown)).rejects.toSatisfy(
        (error) => isLabError(error) && error.code === code,
      );
  });
});

describe('controlToFloat64', () => {
  const schedule = rectifiedFlowSchedule();
  const denoiser = pointsDenoiser({ points, deviation: 0.2, schedule, space: tensorSpace }) as Denoiser;
  const run = (controls: readonly Control<Array64>[]) =>
    sample(toFloat64(denoiser), { schedule, steps: 6, shape: [4, 3], key: key(3), controls });

  test('acts as the control does on tensors, in both places', async () => {
    const half: Control = { name: 'half', noise: 'recompute', estimate: (x0) => tf.mul(x0, 0.5) };
    const nudge: Control = {
      name: 'nudge',
      state: (xNext, { x, estimate, t }) =>
        tf.tidy(() => tf.add(xNext, tf.mul(tf.sub(estimate.x0, x), 0.1 * t))),
    };
    const native = await sample(denoiser, {
      schedule,
      steps: 6,
      shape: [4, 3],
      key: key(3),
      controls: [half, nudge],
    });
    await expectNoLeak(async () => {
      const { samples } = await run([half, nudge].map((each) => controlToFloat64(each)));
      expect(samples).toBeAllclose(native.samples, { atol: 1e-5 });
    });
    native.samples.dispose();
  });

  test('leaves alone what the control leaves alone, bit for bit', async () => {
    const idle: Control = { name: 'idle', estimate: (x0) => x0, state: (x) => x };
    expect((await run([controlToFloat64(idle)])).samples.data).toEqual((await run([])).samples.data);
  });

  test('a control gets the tensor denoiser that was given, or a detour, and a throw frees everything', async () => {
    const seen: boolean[] = [];
    const look: Control = {
      name: 'look',
      async estimate(x0, step) {
        const prediction = await step.denoiser.predict(step.x, step.t);
        seen.push(step.denoiser === denoiser);
        expect(prediction).toBeAllclose(x0, { atol: 1e-5 });
        prediction.dispose();
        return x0;
      },
    };
    await run([controlToFloat64(look)]);
    await run([controlToFloat64(look, { denoiser })]);
    expect(seen).toEqual([...new Array<boolean>(6).fill(false), ...new Array<boolean>(6).fill(true)]);
    await expectNoLeak(async () => {
      const broken: Control = { name: 'broken', estimate: () => Promise.reject(new Error('no')) };
      await expect(run([controlToFloat64(broken)])).rejects.toThrow('no');
    });
  });
});

test('multiply is entrywise in both spaces and refuses other shapes', () => {
  const [a, b] = [state([1, 2], [2, -3]), state([1, 2], [0.5, 4])];
  expect(multiply(float64Space, a, b).data).toBeAllclose([1, -12]);
  const product = multiply(tensorSpace, tf.tensor2d([[2, -3]]), tf.tensor2d([[0.5, 4]]));
  expect(product).toBeAllclose([[1, -12]]);
  expect(() => multiply(float64Space, a, state([2], [1, 1]))).toThrow('mask');
});

// Lin et al. 2024: at share 1 the result has the deviation of the conditional prediction; in between it is a blend.
test('guidance that is rescaled has the deviation of the conditional prediction', async () => {
  const of = (given: unknown): number[] => (given === true ? [1, 2, 3, 4] : [0, 1, 1, 2]);
  const host: Denoiser<Array64> = {
    predicts: 'v',
    space: float64Space,
    predict: (_, __, c) => state([1, 4], of(c)),
  };
  const deviation = (data: Float64Array): number => {
    const mean = data.reduce((sum, each) => sum + each, 0) / 4;
    return Math.sqrt(data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 3);
  };
  const guide = async (rescale: number) =>
    (
      await classifierFreeGuidance(host, { scale: 4, rescale }).predict(
        state([1, 4], [0, 0, 0, 0]),
        0.5,
        true,
      )
    ).data;
  expect(deviation(await guide(1))).toBeAllclose(deviation(Float64Array.from(of(true))), { rtol: 1e-6 });
  expect(await guide(0)).toBeAllclose([4, 5, 9, 10]);
  expect(() => classifierFreeGuidance(host, { scale: 4, rescale: 1.5 })).toThrow('rescale');
});

test('a network takes another attention, with its parameters as they are', () => {
  const sizes = { height: 4, width: 4, channels: 1, size: 8, layers: 1, heads: 2 };
  const calls: number[][] = [];
  const watched: typeof softmax = (q, k, v, options) => {
    calls.push([q.shape[2]!, k.shape[2]!]);
    return softmax(q, k, v, options);
  };
  const [x, t] = [tf.tensor(normal(key(1), [2, 4, 4, 1]), [2, 4, 4, 1]), tf.tensor1d([0.2, 0.7])];
  const tokens = tf.tensor(normal(key(2), [2, 3, 5]), [2, 3, 5]);
  const text = { tokens: { width: 5 } };
  for (const make of [
    (attend?: typeof softmax) => diffusionTransformer({ ...sizes, ...text, attend }),
    (attend?: typeof softmax) => imageUnet({ channels: 1, widths: [8, 8], ...text, attend }),
  ]) {
    const params = make().init(key(0));
    const forward = (network: ReturnType<typeof make>) =>
      (network.apply as (p: unknown, x: Tensor, t: Tensor, c: object) => Tensor)(params, x, t, { tokens });
    expect(forward(make(watched))).toBeAllclose(forward(make()), { atol: 1e-6 });
    disposeTree(params);
  }
  // Four patches, or four places of the coarsest map; three tokens of the text behind them.
  expect(calls).toEqual([
    [4, 7],
    [4, 7],
  ]);
});
