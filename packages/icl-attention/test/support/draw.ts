import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal, key } from '@lab/tensor-core/random';
import type { Prompt, Prompts } from '../../src';

/** A float32 tensor of an array; the caller's. */
export const tensorOf = ({ shape, data }: Array64): Tensor =>
  tf.tensor(Float32Array.from(data), [...shape], 'float32');

/** Normal numbers of a shape. */
export const normals = (seed: number, ...shape: number[]): Array64 => ({
  shape,
  data: Float64Array.from(normal(key(seed), shape)),
});

/** One prompt of a batch. */
export function promptAt({ x, y, queries }: Prompts, index: number): Prompt {
  const [, n = 0, d = 0] = x.shape;
  const m = queries.shape[1]!;
  return {
    x: { shape: [n, d], data: x.data.slice(index * n * d, (index + 1) * n * d) },
    y: y.data.slice(index * n, (index + 1) * n),
    queries: { shape: [m, d], data: queries.data.slice(index * m * d, (index + 1) * m * d) },
  };
}

/** The prompt of B1: four points on the axes, one query between them. */
export const cross: Prompt = {
  x: { shape: [4, 2], data: Float64Array.of(1, 0, 0, 1, -1, 0, 0, -1) },
  y: [1, 2, 3, 4],
  queries: { shape: [1, 2], data: Float64Array.of(0.6, 0.8) },
};
