import {
  classifierFreeGuidance,
  ddim,
  ddpm,
  float64Space,
  sample,
  tensorSpace,
  type Denoiser,
} from '@lab/diffusion-core';
import { engine, tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { expect, test } from 'vitest';
import '@lab/testing';
import { cascadeLogSnr, cascadeNoiseCondition, cascadeSchedule } from '../src';
import { expectRefusal } from './support/throws';

// Numbers of an independent program over the formulas of the released code.
test('levels of Stage B and C', () => {
  expect([1, 0.5, 0].map((r) => cascadeLogSnr(r))).toBeAllclose([-9.2102, -0.0246, 9.2102], { atol: 1e-4 });
  expect(cascadeLogSnr(0.5, { shift: 2 })).toBeAllclose(-1.410921, { atol: 1e-5 });
  expect(cascadeNoiseCondition(cascadeLogSnr(0.5, { shift: 2 }))).toBeAllclose(0.705645, { atol: 1e-5 });
  for (const t of [0.1, 0.35, 0.8])
    expect(cascadeNoiseCondition(cascadeLogSnr(t))).toBeAllclose(t, { atol: 1e-9 });
  const schedule = cascadeSchedule({ shift: 2 });
  const times = schedule.times(20);
  const level = (i: number) => [schedule.alpha(times[i]!), schedule.sigma(times[i]!)];
  expect(level(10)).toBeAllclose([0.442819, 0.896611], { atol: 1e-5 });
  expect(level(11)).toBeAllclose([0.500075, 0.865982], { atol: 1e-5 });
  expect(level(1)[1]).toBeAllclose(0.999239, { atol: 1e-5 });
  expect(level(20)).toEqual([1, 0]);
});

/** Says that the sample is 0 and the noise what is left, so that one step shows its factors. */
const oracle = (x0: number): Denoiser<Array64> => ({
  predicts: 'sample',
  space: float64Space,
  predict: (x) => ({ shape: x.shape, data: x.data.map(() => x0) }),
});

test('DDIM goes from one level to the next exactly; DDPM keeps the second moment', async () => {
  const schedule = cascadeSchedule({ shift: 2 });
  const times = schedule.times(20);
  const [a, b] = [schedule.alpha(times[10]!), schedule.sigma(times[10]!)];
  const at = { schedule, times: [times[10]!, times[11]!, 0], key: key(0) };
  const factors = async (solver: ReturnType<typeof ddim>): Promise<Float64Array> => {
    const init = { shape: [20_000], data: new Float64Array(20_000).fill(a * 0.3 + b * 0.7) };
    let next = new Float64Array(0);
    const onStep = ({ index, x }: { index: number; x: Array64 }): void => {
      if (index === 0) next = Float64Array.from(x.data);
    };
    await sample(oracle(0.3), { ...at, init, solver, onStep });
    return next;
  };
  const [first] = await factors(ddim());
  expect(first).toBeAllclose(0.500075 * 0.3 + 0.865982 * 0.7, { atol: 1e-5 });
  const drawn = await factors(ddpm());
  const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
  const deviation = Math.sqrt(drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length);
  // sg = 0.448757, and sqrt(b'^2 - sg^2) stands before the noise: their squares make b'^2.
  expect(deviation).toBeAllclose(0.448757, { rtol: 0.02 });
  const kept = Math.sqrt(0.865982 ** 2 - 0.448757 ** 2);
  expect(mean).toBeAllclose(0.500075 * 0.3 + kept * 0.7, { atol: 0.015 });
});

test('guidance brought back to the deviation of the conditional prediction', async () => {
  await engine({ prefer: 'wasm' });
  const [conditional, unconditional] = [
    [1, 2, 3, 4],
    [0, 1, 1, 2],
  ];
  const host: Denoiser<Array64, boolean> = {
    predicts: 'epsilon',
    space: float64Space,
    predict: (_, __, given) => ({
      shape: [1, 4],
      data: Float64Array.from(given ? conditional : unconditional),
    }),
  };
  const device: Denoiser<tf.Tensor, boolean> = {
    predicts: 'epsilon',
    space: tensorSpace,
    predict: (_, __, given) => tf.tensor2d([given ? conditional : unconditional]),
  };
  const x = { shape: [1, 4], data: new Float64Array(4) };
  const zeros = tf.zeros([1, 4]);
  for (const [scale, rescale, expected] of [
    [4, 0.7, [2.427881, 3.034852, 5.462733, 6.069703]],
    [4, 0, [4, 5, 9, 10]],
    [1, 0.7, conditional],
  ] as const) {
    const guidance = { scale, rescale, unconditional: false };
    const found = await classifierFreeGuidance(host, guidance).predict(x, 0.5, true);
    expect(found.data).toBeAllclose([...expected], { atol: 1e-5 });
    const tensor = await classifierFreeGuidance(device, guidance).predict(zeros, 0.5, true);
    expect(tensor.dataSync()).toBeAllclose([...expected], { atol: 1e-5 });
    tensor.dispose();
  }
  zeros.dispose();
  await expectRefusal(() => classifierFreeGuidance(host, { scale: 2, rescale: 2 }), 'argument');
  await expectRefusal(() => cascadeSchedule({ shift: 0 }), 'argument');
});
