import { mlp, tf, type MlpParams, type Tensor } from '@lab/tensor-core';
import { foldIn, key, normal } from '@lab/tensor-core/random';
import { tableTask, type TableBatch, type Task } from '../../src';

export const network = mlp({ sizes: [3, 5, 2], activation: tf.tanh });

export const squaredLoss = (params: MlpParams, { x, y }: TableBatch): Tensor =>
  tf.mean(tf.squaredDifference(network.apply(params, x), y));

/** Rows x [n, 3] and labels y [n, 2] of task `seed`; the caller frees them. */
export const rows = (seed: number, n: number): TableBatch => ({
  x: tf.tensor2d(normal(foldIn(key(500), seed), 3 * n), [n, 3]),
  y: tf.tensor2d(normal(foldIn(key(501), seed), 2 * n), [n, 2]),
});

/** A few small tasks with the tensors that they are made of. */
export function smallTasks(
  count: number,
  options: { readonly n?: number; readonly batchSize?: number } = {},
) {
  const { n = 8, batchSize } = options;
  const data = Array.from({ length: count }, (_, t) => rows(t, n));
  const tasks: Task<MlpParams, TableBatch>[] = data.map((each, t) =>
    tableTask({ id: `task ${t}`, ...each, ...(batchSize && { batchSize }) }),
  );
  return { tasks, data };
}

/** A tree's numbers on the host, in visiting order. */
export const numbersOf = async (tree: unknown): Promise<Float32Array[]> => {
  const { treeLeaves } = await import('@lab/tensor-core');
  return treeLeaves<Tensor>(tree as never).map((leaf) => leaf.dataSync().slice() as Float32Array);
};
