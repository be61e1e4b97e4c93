import { beforeAll, describe, expect, test } from 'vitest';
import { checkGradients, expectNoLeak } from '@lab/testing';
import { engine, grad, tf } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attend,
  attentionWeights,
  drawPrompts,
  linearAttention,
  linearUnit,
  regress,
  softmaxAttention,
  softmaxUnit,
  sphere,
  type SoftmaxOptions,
} from '../../src';
import { cross, normals, promptAt, tensorOf } from '../support/draw';

beforeAll(async () => {
  await engine();
});

const prompts = drawPrompts(key(3), {
  family: affineTasks({ lipschitz: 1 }),
  covariates: sphere(3),
  batch: 4,
  context: 9,
  noise: 0.2,
  queries: 2,
});
const matrix = normals(7, 3, 3);
const batch = () => ({ x: tensorOf(prompts.x), y: tensorOf(prompts.y), queries: tensorOf(prompts.queries) });

describe('tensors give what float64 arrays give', () => {
  test.each<SoftmaxOptions>([
    {},
    { kernel: 'rbf' },
    { includeQuery: true },
    { kernel: 'rbf', includeQuery: true },
  ])('softmax, %o', (options) =>
    expectNoLeak(() => {
      const unit = softmaxUnit({ matrix, ...options });
      const m = tensorOf(matrix);
      const tensors = batch();
      const h = softmaxAttention(m, tensors, options);
      const p = attentionWeights(m, tensors, options);
      const each = [0, 1, 2, 3].map((b) => attend(unit, promptAt(prompts, b)));
      expect(h).toBeAllclose(
        each.map(({ predictions }) => [...predictions]),
        { atol: 1e-6 },
      );
      expect(p.dataSync()).toBeAllclose(
        each.flatMap(({ weights }) => [...weights.data]),
        { atol: 1e-6 },
      );
      tf.dispose([m, h, p, ...Object.values(tensors)]);
    }),
  );

  test('linear', () =>
    expectNoLeak(() => {
      const m = tensorOf(matrix);
      const tensors = batch();
      const h = linearAttention(m, tensors);
      const each = [0, 1, 2, 3].map((b) => [...regress(linearUnit({ matrix }), promptAt(prompts, b))]);
      expect(h).toBeAllclose(each, { atol: 1e-6 });
      tf.dispose([m, h, ...Object.values(tensors)]);
    }));

  test('padding', () => {
    const m = tensorOf(matrix);
    const { x, y, queries } = batch();
    const longX = tf.concat([x, tf.fill([4, 3, 3], 2)], 1);
    const longY = tf.concat([y, tf.fill([4, 3], 100)], 1);
    const mask = tf.concat([tf.ones([4, 9]), tf.zeros([4, 3])], 1);
    const padded = { x: longX, y: longY, queries, mask };
    expect(softmaxAttention(m, padded)).toBeAllclose(softmaxAttention(m, { x, y, queries }), { rtol: 1e-6 });
    expect(linearAttention(m, padded)).toBeAllclose(linearAttention(m, { x, y, queries }), {
      rtol: 1e-6,
      atol: 1e-7,
    });
  });
});

describe('gradients', () => {
  const fixed = () => ({
    x: tensorOf({ ...cross.x, shape: [1, 4, 2] }),
    y: tf.tensor2d([[1, 2, 3, 4]]),
    queries: tf.tensor3d([[[0.6, 0.8]]]),
  });

  test('of M and w by hand (B1)', () => {
    const tensors = fixed();
    const dM = grad((m: tf.Tensor) => tf.sum(softmaxAttention(m, tensors)))(tf.mul(tf.eye(2), 2));
    expect(dM).toBeAllclose(
      [
        [-0.18607541, -0.24810055],
        [0.06918288, 0.09224385],
      ],
      { atol: 1e-6 },
    );
    const dw = grad((w: tf.Tensor) => tf.sum(softmaxAttention(tf.mul(tf.eye(2), w), tensors)))(tf.scalar(2));
    expect(dw).toBeAllclose(-0.09383157, { atol: 1e-6 });
  });

  test.each<SoftmaxOptions>([{}, { kernel: 'rbf' }, { includeQuery: true }])(
    'against differences of the float64 path, %o',
    (options) => {
      const { y, queries } = cross;
      checkGradients(
        (m) => softmaxAttention(m, fixed(), options),
        [tensorOf({ ...matrix, shape: [2, 2], data: matrix.data.slice(0, 4) })],
        {
          reference: (m) =>
            regress(softmaxUnit({ matrix: { shape: [2, 2], data: m }, ...options }), {
              x: cross.x,
              y,
              queries,
            }),
        },
      );
    },
  );
});

test('refuses shapes that do not fit, and an empty context', () => {
  const { x, y, queries } = batch();
  expect(() => softmaxAttention(tf.eye(2), { x, y, queries })).toThrow(
    expect.objectContaining({ code: 'shape' }),
  );
  expect(() => linearAttention(tf.eye(3), { x, y: tf.zeros([4, 8]), queries })).toThrow(
    expect.objectContaining({ code: 'shape' }),
  );
  expect(() => softmaxAttention(tf.eye(3), { x: tf.zeros([4, 0, 3]), y: tf.zeros([4, 0]), queries })).toThrow(
    expect.objectContaining({ code: 'argument' }),
  );
});
