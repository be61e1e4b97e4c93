import {
  classifierFreeGuidance,
  ddim,
  ddpm,
  float64Space,
  tensorSpace,
  type Denoiser,
  type Solver,
} from '@lab/diffusion-core';
import { engine, tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
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

/** The factors of x0, of the noise estimate and of fresh noise in one step from node `index` to the next. */
async function factors(solver: Solver, index: number): Promise<number[]> {
  const schedule = cascadeSchedule({ shift: 2 });
  const times = schedule.times(20);
  const [t, tNext] = [times[index]!, times[index + 1]!];
  const levels = {
    t,
    tNext,
    ...{ alpha: schedule.alpha(t), sigma: schedule.sigma(t) },
    ...{ alphaNext: schedule.alpha(tNext), sigmaNext: schedule.sigma(tNext) },
  };
  const row = (...data: number[]): Array64 => ({ shape: [3], data: Float64Array.from(data) });
  // Three examples, each with one of the three equal to 1 and the others 0.
  const estimate = { x0: row(1, 0, 0), noise: row(0, 1, 0) };
  const x = row(levels.alpha, levels.sigma, 0);
  const place = { index, steps: 20, space: float64Space, schedule, x, noise: () => row(0, 0, 1) };
  const { x: next } = await solver.step(
    { ...place, ...levels, evaluate: () => Promise.resolve(estimate) },
    [],
  );
  return Array.from(next.data);
}

test.each([
  // [a', sqrt(b'^2 - s^2), s] of DDPM, b' of DDIM; the squares of the last two make b'^2.
  [0, { noise: 0.255963, fresh: 0.965899, level: 0.999239 }],
  [10, { noise: Math.sqrt(0.865982 ** 2 - 0.448757 ** 2), fresh: 0.448757, level: 0.865982 }],
])(
  'from node %d DDIM goes to the next exactly, and DDPM keeps the second moment',
  async (index, expected) => {
    const signal = Math.sqrt(1 - expected.level ** 2);
    const close = { atol: 2e-6, rtol: 0 };
    // From six digits of b', a' = sqrt(1 - b'^2) has fewer where b' is nearly 1.
    const [a, b, none] = await factors(ddim(), index);
    expect(a).toBeAllclose(signal, { atol: index === 0 ? 2e-5 : 2e-6, rtol: 0 });
    expect([b, none]).toBeAllclose([expected.level, 0], close);
    const [same, noise, fresh] = await factors(ddpm(), index);
    expect(same).toBe(a);
    expect([noise, fresh]).toBeAllclose([expected.noise, expected.fresh], close);
    expect(noise! ** 2 + fresh! ** 2).toBeAllclose(b! ** 2, { rtol: 1e-12, atol: 0 });
  },
);

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
