import { randomNormal, tf, tidyTree, type FitOptions, type Tensor } from '@lab/tensor-core';
import { key, split, type Key } from '@lab/tensor-core/random';

export type Params = { readonly hidden: Tensor; readonly output: Tensor };
export type Batch = { readonly x: Tensor; readonly y: Tensor };

/** A small regression whose data and loss both draw from their keys. */
export const init = (at: Key): Params => {
  const [a, b] = split(at) as [Key, Key];
  return { hidden: randomNormal(a, [3, 8]), output: randomNormal(b, [8, 1]) };
};

export const batches = (_: number, at: Key): Batch => {
  const x = randomNormal(at, [16, 3]);
  return { x, y: tf.sum(tf.sin(x), 1, true) };
};

export const loss = (params: Params, { x, y }: Batch, at: Key): Tensor => {
  const noisy = tf.add(x, tf.mul(randomNormal(at, x.shape), 0.05));
  const predicted = tf.matMul(tf.tanh(tf.matMul(noisy, params.hidden)), params.output);
  return tf.mean(tf.squaredDifference(predicted, y));
};

export const problem = (params: Params): Omit<FitOptions<Params, Batch>, 'optimizer' | 'steps'> => ({
  params,
  loss,
  batches,
  key: key(7),
});

export const fresh = (): Params => tidyTree(() => init(key(0)));
