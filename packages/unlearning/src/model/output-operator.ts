import { grad, jvp, tf, tidyTree, type Tensor } from '@lab/tensor-core';
import type { Key } from '@lab/tensor-core/random';
import type { RowOperator } from '../projection/matrix-free';
import { flatten, unflatten, type FlatModel, type Free } from './flat-model';
import { asRows, sumOf } from './losses';
import { pickRows, type RowChoice } from './output-rows';

/**
 * The matrix of output gradients by its products alone: G^T u is one backward pass over the batch, G v a
 * Jacobian-vector product, so nothing of size N d is ever held.
 */
export async function outputOperator<Params>(
  model: FlatModel<Params>,
  free: Free,
  x: Tensor,
  { task, outputsPerSample, key = [0, 0] }: RowChoice & { readonly key?: Key | undefined },
): Promise<RowOperator & { dispose(): void }> {
  const batch = await pickRows((inputs) => model.apply(free, inputs), x, { task, outputsPerSample, key });
  const values = (leaves: Free): Tensor =>
    sumOf(
      model.apply(leaves, batch.x).map((output, h) => tf.sum(tf.mul(asRows(output), batch[`mask${h}`]!), 1)),
    );
  return {
    count: batch.x.shape[0],
    size: model.size,
    async times(v) {
      const along = unflatten(v, free);
      const product = tidyTree(() => jvp(values)(free, along).tangent);
      const found = Float64Array.from(await product.data());
      tf.dispose([product, ...Object.values(along)]);
      return found;
    },
    async transposeTimes(u) {
      const weights = tf.tensor1d(Float32Array.from(u));
      const pulled = grad((leaves: Free) => tf.sum(tf.mul(values(leaves), weights)))(free);
      const found = await flatten(pulled);
      tf.dispose([weights, ...Object.values(pulled)]);
      return found;
    },
    dispose: () => tf.dispose(Object.values(batch)),
  };
}
