import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { treeFlatten, treeLeaves, treeMap, treeUnflatten, type Tree } from '../tree';
import { grad } from './value-and-grad';

/**
 * One gradient for every sample of a batch: `fn` is the loss of one sample, and every leaf of `batch` has the samples
 * along its first axis.
 *
 * The samples are differentiated one after the other: time as for that many calls of `grad`, memory for all gradients.
 *
 * @returns a function to a tree of the parameters' structure, each leaf with the samples along a new first axis
 * @throws LabError `shape` when the leaves of the batch differ in their first axis or have none
 * @example
 * perSampleGrads((w: Tensor, x: Tensor) => tf.sum(tf.mul(w, x)))(w, xs); // equals xs
 */
export function perSampleGrads<Params, Batch>(
  fn: (params: Params, sample: Batch) => Tensor,
): (params: Params, batch: Batch) => Params {
  const gradient = grad(fn);
  return (params, batch) => {
    const size = batchSize(batch);
    return tf.tidy(() => {
      const each: Tensor[][] = [];
      for (let i = 0; i < size; i++) {
        const leaves = tf.tidy(() => treeLeaves(gradient(params, sampleAt(batch, i)) as Tree<Tensor>));
        each.push(leaves);
      }
      const stacked = treeLeaves(params as Tree<Tensor>).map((leaf, j) =>
        size === 0 ? tf.zeros([0, ...leaf.shape]) : tf.stack(each.map((leaves) => leaves[j] as Tensor)),
      );
      return treeUnflatten(params, stacked) as never;
    });
  };
}

function batchSize(batch: unknown): number {
  const leaves = treeFlatten(batch as Tree<Tensor>);
  const size: number | undefined = leaves[0]?.[1].shape[0];
  for (const [path, leaf] of leaves)
    if (leaf.rank === 0 || leaf.shape[0] !== size)
      throw new LabError('shape', 'perSampleGrads: every leaf of the batch needs the same first axis', {
        argument: path === '' ? 'batch' : `batch.${path}`,
        expected: size === undefined ? 'at least one axis' : `first axis ${String(size)}`,
        received: leaf.shape,
      });
  if (size === undefined) throw new LabError('shape', 'perSampleGrads: the batch has no leaves');
  return size;
}

function sampleAt<Batch>(batch: Batch, index: number): Batch {
  return treeMap((leaf: Tensor) => {
    const shape = leaf.shape.slice(1);
    return tf.reshape(tf.slice(leaf, [index, ...shape.map(() => 0)], [1, ...shape]), shape);
  }, batch);
}
