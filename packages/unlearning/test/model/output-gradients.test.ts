import { expect, test } from 'vitest';
import { disposeTree, engine, mlp, relu, silu, tf, treeSize, type Tensor } from '@lab/tensor-core';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { outputGradients, projectOut, projectOutMatrixFree, rowsInMemory } from '../../src';
import { flatModel } from '../../src/model/flat-model';
import { outputOperator } from '../../src/model/output-operator';
import { dot } from '../support/draw';

await engine();

/** A perceptron with SiLU between its layers, in float64: the outputs of one sample. */
function perceptron64(layers: readonly { weight: Float64Array; bias: Float64Array }[], x: Float64Array) {
  return layers.reduce((hidden, { weight, bias }, l) => {
    const active = l === 0 ? hidden : hidden.map((value) => value / (1 + Math.exp(-value)));
    return bias.map((shift, o) =>
      active.reduce((sum, value, i) => sum + value * weight[i * bias.length + o]!, shift),
    );
  }, x);
}

test('U14: rows are the derivatives of each output, by central differences in float64', async () => {
  await expectNoLeak(async () => {
    const network = mlp({ sizes: [3, 5, 2], activation: silu });
    const params = network.init(key(0));
    const x = tf.tensor2d(normal(key(1), 6), [2, 3]);
    const { gradients, theta } = await outputGradients(network, params, { x, task: 'regression' });
    expect(gradients.shape).toEqual([4, treeSize(params)]);
    const layers = params.layers.map(({ weight, bias }) => ({
      weight: Float64Array.from(weight.dataSync()),
      bias: Float64Array.from(bias!.dataSync()),
    }));
    const samples = [0, 1].map((i) => Float64Array.from(x.dataSync()).subarray(3 * i, 3 * i + 3));
    const outputs = (): number[] => samples.flatMap((sample) => Array.from(perceptron64(layers, sample)));
    const h = 1e-5;
    // Columns go through the leaves in alphabetic order: a layer's bias before its weight.
    const columns = layers.flatMap(({ bias, weight }) =>
      [bias, weight].flatMap((leaf) =>
        Array.from(leaf, (value, at) => {
          leaf[at] = value + h;
          const up = outputs();
          leaf[at] = value - h;
          const down = outputs();
          leaf[at] = value;
          return up.map((each, row) => (each - down[row]!) / (2 * h));
        }),
      ),
    );
    const numeric = [0, 1, 2, 3].flatMap((row) => columns.map((column) => column[row]!));
    expect(theta.length).toBe(columns.length);
    expect(gradients.data).toBeAllclose(numeric, { rtol: 1e-4, atol: 1e-6 });
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

test('with fewer outputs than there are, rows are some of all rows, the same for the same key', async () => {
  const network = mlp({ sizes: [2, 4, 3], activation: silu });
  const params = network.init(key(4));
  const x = tf.tensor2d(normal(key(5), 6), [3, 2]);
  const rowsFor = async (outputsPerSample?: number): Promise<string[]> => {
    const { gradients } = await outputGradients(network, params, { x, task: 'regression', outputsPerSample });
    const [n = 0, d = 0] = gradients.shape;
    return Array.from({ length: n }, (_, i) => gradients.data.subarray(i * d, (i + 1) * d).join());
  };
  const [all, some] = [await rowsFor(), await rowsFor(2)];
  expect(all).toHaveLength(9);
  expect(some).toHaveLength(6);
  expect(new Set(some).size).toBe(6);
  expect(some.every((row) => all.includes(row))).toBe(true);
  expect(await rowsFor(2)).toEqual(some);
});
