import { fromTensor, toTensor } from '../host/tensors';
import { LabError } from '../errors';
import { hostArray, type HostArray } from '../io/host-array';
import { tf, type Tensor } from '../tf';
import { treeLeaves, treeMap, treeUnflatten, type Tree, type TreeMapped } from '../tree';

type HostTree<T> = TreeMapped<T, Tensor | number, HostArray>;

/**
 * Copies a tree of tensors (and numbers, as float64 scalars) to main memory.
 *
 * @throws LabError `unsupported` for a complex or string tensor
 */
export async function treeToHost<T>(tree: T): Promise<HostTree<T>> {
  const leaves = await Promise.all(treeLeaves(tree as Tree<unknown>).map(toHost));
  return treeUnflatten<unknown>(tree, leaves) as HostTree<T>;
}

/**
 * Makes a tensor of every array of a tree, which belongs to the caller: `float32` for every kind of float, `int32` for
 * every integer, `bool` for bool.
 *
 * @throws LabError `numeric` for a value that does not fit
 */
export function treeFromHost<T>(tree: T): TreeMapped<T, HostArray, Tensor> {
  return treeMap<HostArray, Tensor, T>((array) => toTensor(array), tree);
}

async function toHost(leaf: unknown): Promise<HostArray> {
  if (leaf instanceof tf.Tensor) return fromTensor(leaf as Tensor);
  if (typeof leaf === 'number')
    return hostArray({ shape: [], dtype: 'float64', data: Float64Array.of(leaf) });
  throw new LabError('argument', 'treeToHost: a leaf is neither a tensor nor a number', {
    received: typeof leaf,
  });
}
