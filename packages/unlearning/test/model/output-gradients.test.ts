import { expect, test } from 'vitest';
import { disposeTree, engine, mlp, relu, silu, tf, treeSize, type Tensor } from '@lab/tensor-core';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { treeFlatten, treeUpdate } from '@lab/tensor-core/tree';
import { expectNoLeak } from '@lab/testing';
import { outputGradients, projectOut, projectOutMatrixFree, rowsInMemory } from '../../src';
import { flatModel } from '../../src/model/flat-model';
import { outputOperator } from '../../src/model/output-operator';
import { dot } from '../support/draw';

await engine();

test('U14: rows are the derivatives of each output by central differences', async () => {
  await expectNoLeak(async () => {
    const network = mlp({ sizes: [3, 5, 2], activation: silu });
    const params = network.init(key(0));
    const x = tf.tensor2d(normal(key(1), 6), [2, 3]);
    const { gradients, theta } = await outputGradients(network, params, { x, task: 'regression' });
    expect(gradients.shape).toEqual([4, treeSize(params)]);
    const leaves = treeFlatten<Tensor>(params).sort(([a], [b]) => (a < b ? -1 : 1));
    const h = 1e-2;
    const valuesAt = (path: string, leaf: Tensor, at: number, by: number): number[] => {
      const data = leaf.dataSync().slice();
      data[at]! += by;
      const values = tf.tidy(() =>
        network.apply(treeUpdate(params, { [path]: tf.tensor(data, leaf.shape) }), x),
      );
      const found = Array.from(values.dataSync());
      values.dispose();
      return found;
    };
    let column = 0;
    for (const [path, leaf] of leaves)
      for (let at = 0; at < leaf.size; at++, column++) {
        const [up, down] = [valuesAt(path, leaf, at, h), valuesAt(path, leaf, at, -h)];
        // Rows of a sample are in a random order of its outputs: compare as sets.
        for (let sample = 0; sample < 2; sample++) {
          const numeric = [0, 1]
            .map((o) => (up[2 * sample + o]! - down[2 * sample + o]!) / (2 * h))
            .sort((p, q) => p - q);
          const ours = [0, 1]
            .map((o) => gradients.data[(2 * sample + o) * theta.length + column]!)
            .sort((p, q) => p - q);
          expect(ours).toBeAllclose(numeric, { rtol: 2e-3, atol: 2e-4 });
        }
      }
    tf.dispose(x);
    disposeTree(params);
  });
});

// Homogeneous of degree 3: f = 3.5 by hand, and <grad f, theta> = 3 f.
test("U14: Euler's identity for a ReLU network without biases", async () => {
  const layers = [
    [
      [1, -1],
      [0.5, 2],
    ],
    [
      [1, 0.5],
      [-1, 1],
    ],
    [[2, 1]],
  ];
  const params = layers.map((layer) => tf.tensor2d(layer));
  const model = {
    apply: (weights: Tensor[], x: Tensor) =>
      weights.reduce((hidden, w, i) => tf.matMul(i === 0 ? hidden : relu(hidden), w, false, true), x),
  };
  const x = tf.tensor2d([[1, 0.5]]);
  expect(model.apply(params, x)).toBeAllclose([[3.5]], { rtol: 1e-5, atol: 0 });
  const { gradients, theta } = await outputGradients(model, params, { x, task: 'regression' });
  expect(dot(gradients.data, theta)).toBeAllclose(10.5, { rtol: 1e-5, atol: 0 });
});

test('a classifier gives one row a head and sample: the logit of the predicted class', async () => {
  const model = {
    apply: ({ a, b }: { a: Tensor; b: Tensor }, x: Tensor) => [tf.matMul(x, a), tf.matMul(x, b)],
  };
  const params = { a: tf.tensor2d([[1, 5]]), b: tf.tensor2d([[7, 2, 3]]) };
  const x = tf.tensor2d([[2]]);
  const { gradients } = await outputGradients(model, params, { x, task: 'classification' });
  expect(gradients.data).toEqual(
    fromRows([
      [0, 2, 0, 0, 0],
      [0, 0, 2, 0, 0],
    ]).data,
  );
});

test('products with G agree with its rows, and the matrix-free projection with the stored one', async () => {
  const network = mlp({ sizes: [3, 8, 1], activation: silu });
  const params = network.init(key(2));
  const x = tf.tensor2d(normal(key(3), 15), [5, 3]);
  const { gradients, theta } = await outputGradients(network, params, { x, task: 'regression' });
  const flat = await flatModel(network, params);
  const operator = await outputOperator(flat, flat.free, x, { task: 'regression' });
  const rowTimes = Float64Array.from({ length: 5 }, (_, i) =>
    dot(gradients.data.subarray(i * theta.length, (i + 1) * theta.length), theta),
  );
  expect(await operator.times(theta)).toBeAllclose(rowTimes, { rtol: 1e-4, atol: 1e-5 });
  const stored = await projectOut(theta, rowsInMemory(gradients.data, theta.length));
  const free = await projectOutMatrixFree(theta, operator);
  expect(free.perp).toBeAllclose(stored.perp, { rtol: 0, atol: 2e-4 });
  operator.dispose();
});

test('compiled and eager rows are the same', async () => {
  const network = mlp({ sizes: [3, 8, 2], activation: silu });
  const params = network.init(key(2));
  const x = tf.tensor2d(normal(key(3), 15), [5, 3]);
  const options = { x, task: 'classification' } as const;
  const eager = await outputGradients(network, params, { ...options, engine: 'eager' });
  const compiled = await outputGradients(network, params, { ...options, engine: 'compiled' });
  expect(compiled.gradients.data).toBeAllclose(eager.gradients.data, { rtol: 1e-4, atol: 1e-6 });
});
