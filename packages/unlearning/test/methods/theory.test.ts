import { expect, test } from 'vitest';
import { adamw, engine, sgd, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  gradientAscent,
  gradientDescent,
  minNormOG,
  negGradPlus,
  noisyGradientDescent,
  ridge,
  unlearn,
  type UnlearnModel,
} from '../../src';
import { onLinear } from '../support/runs';

await engine();

// Thm. 1: where the model fits everything, the gradient of every loss is zero.
test.each([gradientDescent(), gradientAscent(), negGradPlus(), ridge({ weight: 0 })])(
  'U13: $name leaves an interpolating model as it is',
  async (method) => {
    expect(await onLinear(method)).toBeAllclose([1, 2, 3, 4], { rtol: 0, atol: 1e-12 });
  },
);

test('U13: noisy descent moves by its noise alone', async () => {
  const moved = await onLinear(noisyGradientDescent({ sigma: 0.5 }));
  const twice = await onLinear(noisyGradientDescent({ sigma: 1 }));
  const change = moved.map((value, k) => value - k - 1);
  expect(Math.max(...change.map(Math.abs))).toBeGreaterThan(1e-3);
  expect(twice.map((value, k) => value - k - 1)).toBeAllclose(
    change.map((value) => 2 * value),
    { rtol: 1e-4, atol: 1e-6 },
  );
});

test.each([
  ['gram', 'project-first'],
  ['matrix-free', 'project-first'],
  ['gram', 'descend-first'],
] as const)('U13: one epoch of MinNorm-OG is the exact solution (%s, %s)', async (solver, order) => {
  const found = await expectNoLeak(() => onLinear(minNormOG({ strength: 1, order }), { solver }));
  expect(found).toBeAllclose([1 / 3, 8 / 3, 7 / 3, 0], { rtol: 0, atol: 1e-5 });
});

// g / (g + eps) with g = 1e-7, eps = 1e-8: the first step of Adam is 0.91 of the learning rate, however small g is.
test('U13: AdamW moves on gradients that are rounding', () => {
  const rule = adamw({ learningRate: 1e-3, weightDecay: 0 });
  const params = { w: tf.tensor1d([1]) };
  const { updates } = rule.update({ w: tf.tensor1d([1e-7]) }, rule.init(params), params);
  expect(updates.w).toBeAllclose([-0.909e-3], { rtol: 1e-2, atol: 0 });
});

interface Tanh {
  readonly c: Tensor;
  readonly a: Tensor;
}
const tanhModel: UnlearnModel<Tanh> = { apply: ({ c, a }, x) => tf.matMul(tf.tanh(tf.matMul(x, a)), c) };

// The numbers of test/exact/algorithm64.test.ts, here through the float32 loop: eager, and compiled.
test.each(['eager', 'compiled'] as const)(
  'U16: three epochs through the training loop, %s',
  async (execution) => {
    for (const [optimizer, expected] of [
      [sgd({ learningRate: 0.1 }), [1.0842149695, -0.4855030636, 0.4127907835, 1.4692801218]],
      [adamw({ learningRate: 0.01 }), [1.0944326809, -0.4801050466, 0.4108378577, 1.4730742456]],
    ] as const) {
      const params = { c: tf.tensor2d([[1], [-0.5]]), a: tf.tensor2d([[0.5, 2]]) };
      const x = tf.tensor2d([[1], [2]]);
      const { params: found, projections } = await unlearn(tanhModel, {
        params,
        retain: { x, y: tanhModel.apply(params, x) },
        task: 'regression',
        method: minNormOG({ strength: 0.2, strengthDecay: 0.5 }),
        optimizer,
        epochs: 3,
        engine: execution,
        key: key(0),
      });
      expect([...found.c.dataSync(), ...found.a.dataSync()]).toBeAllclose(expected, {
        rtol: 1e-4,
        atol: 1e-5,
      });
      expect(projections.map(({ strength }) => strength)).toEqual([0.2, 0.1, 0.05]);
    }
  },
);
