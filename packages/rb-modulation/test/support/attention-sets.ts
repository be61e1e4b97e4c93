import { tf, type Tensor } from '@lab/tensor-core';
import { normal, split, type Key } from '@lab/tensor-core/random';
import type { KeyValues } from '../../src';

/** One head of one image. */
export const set = (keys: number[][], values: number[][]): KeyValues => ({
  keys: tf.tensor4d([[keys]]),
  values: tf.tensor4d([[values]]),
});

export const draw = (from: Key, ...shape: number[]): Tensor => tf.tensor(normal(from, shape), shape);

/** Two images, three heads, four channels. */
export function drawSet(from: Key, count: number): KeyValues {
  const [first, second] = split(from) as [Key, Key];
  return { keys: draw(first, 2, 3, count, 4), values: draw(second, 2, 3, count, 4) };
}
