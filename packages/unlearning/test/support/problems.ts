import { mlp, silu, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import type { Samples, UnlearnModel } from '../../src';

/** The linear model of U1, which interpolates its two retained rows, and a third row to forget. */
export interface LinearParams {
  readonly w: Tensor;
}

export const linearModel: UnlearnModel<LinearParams> = {
  init: () => ({ w: tf.zeros([4, 1]) }),
  apply: ({ w }, x) => tf.matMul(x, w),
};

export const linearProblem = (): { params: LinearParams; retain: Samples; forget: Samples } => ({
  params: { w: tf.tensor2d([1, 2, 3, 4], [4, 1]) },
  retain: {
    x: tf.tensor2d([
      [1, 1, 0, 0],
      [0, 1, 1, 0],
    ]),
    y: tf.tensor2d([[3], [5]]),
  },
  forget: { x: tf.tensor2d([[0, 0, 1, 1]]), y: tf.tensor2d([[7]]) },
});

/** A small classifier of three classes with random parameters. */
export const classifier = mlp({ sizes: [4, 6, 3], activation: silu });

export const classifierProblem = (rows = 6) => {
  const drawn = (seed: number, n: number): Samples => ({
    x: tf.tensor2d(normal(key(seed), n * 4), [n, 4]),
    y: tf.tensor1d(
      Int32Array.from({ length: n }, (_, i) => i % 3),
      'int32',
    ),
  });
  return { params: classifier.init(key(1)), retain: drawn(2, rows), forget: drawn(3, 3) };
};
