import { randomNormal, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { promptTensors } from '../../pretrain';

/** One attention head over tokens (x, y), d = 3, every matrix free. */
export interface Layer {
  /** W_K and W_Q [d + 1, d + 1], W_V [d + 1]: only the label row of the output is read. */
  readonly keys: Tensor;
  readonly queries: Tensor;
  readonly values: Tensor;
}

export type LayerBatch = ReturnType<typeof promptTensors>;

/** Of the inputs. */
export const dimension = 3;

/** Near the unit with w = 4, every entry free. */
export function firstLayer(key: Key): Layer {
  const size = dimension + 1;
  const near = (which: number): Tensor =>
    tf.add(
      tf.mul(tf.eye(size), tf.tensor1d([2, 2, 2, 0])),
      tf.mul(randomNormal(foldIn(key, which), [size, size]), 0.1),
    );
  return {
    keys: near(0),
    queries: near(1),
    values: tf.add(tf.tensor1d([0, 0, 0, 1]), tf.mul(randomNormal(foldIn(key, 2), [size]), 0.1)),
  };
}

/**
 * Squared error of W_V Z softmax((W_K Z)^T W_Q z_q) against the targets.
 *
 * @param options `attendQuery`: whether the query token (x_q, 0) is among the tokens attended to
 */
export function layerLoss(
  { keys, queries, values }: Layer,
  { x, y, queries: asked, targets }: LayerBatch,
  { attendQuery }: { readonly attendQuery: boolean },
): Tensor {
  const [batch, n] = x.shape as [number, number];
  const m = asked.shape[1]!;
  const flat = (points: Tensor, labels: Tensor): Tensor =>
    tf.reshape(tf.concat([points, tf.expandDims(labels, 2)], 2), [-1, dimension + 1]);
  const context = flat(x, y);
  const query = flat(asked, tf.zerosLike(targets));
  const times = (tokens: Tensor, matrix: Tensor, count: number): Tensor =>
    tf.reshape(tf.matMul(tokens, matrix, false, true), [batch, count, dimension + 1]);
  const valueOf = (tokens: Tensor, count: number): Tensor =>
    tf.reshape(tf.matMul(tokens, tf.expandDims(values, 1)), [batch, count, 1]);
  const turned = times(query, queries, m);
  const scores = tf.matMul(turned, times(context, keys, n), false, true);
  const error = (predicted: Tensor): Tensor =>
    tf.mean(tf.squaredDifference(tf.squeeze(predicted, [2]), targets));
  if (!attendQuery) return error(tf.matMul(tf.softmax(scores), valueOf(context, n)));
  const own = tf.sum(tf.mul(turned, times(query, keys, m)), -1, true);
  const weights = tf.softmax(tf.concat([scores, own], -1));
  const averaged = tf.matMul(tf.slice(weights, [0, 0, 0], [batch, m, n]), valueOf(context, n));
  const kept = tf.mul(tf.slice(weights, [0, 0, n], [batch, m, 1]), valueOf(query, m));
  return error(tf.add(averaged, kept));
}

/** The block of a 4 x 4 matrix that compares inputs with inputs. */
export function corner(whole: Float32Array): Array64 {
  const data = new Float64Array(9);
  for (let i = 0; i < 9; i++) data[i] = whole[Math.floor(i / 3) * 4 + (i % 3)]!;
  return { shape: [3, 3], data };
}
