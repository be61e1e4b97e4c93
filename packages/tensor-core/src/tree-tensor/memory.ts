import { tf, type Tensor } from '../tf';
import { treeLeaves, treeMap } from '../tree';

function mapTensors<T>(tree: T, fn: (tensor: Tensor) => Tensor): T {
  return treeMap((leaf: unknown) => (leaf instanceof tf.Tensor ? fn(leaf as Tensor) : leaf), tree);
}

/** Frees every tensor of a tree; leaves of another kind are passed over. */
export function disposeTree(tree: unknown): void {
  for (const leaf of treeLeaves(tree)) if (leaf instanceof tf.Tensor) leaf.dispose();
}

/** A tree of tensors of its own over the same memory: either may be disposed without the other. */
export function cloneTree<T>(tree: T): T {
  return mapTensors(tree, (tensor) => tf.clone(tensor));
}

/** Keeps every tensor of a tree beyond the `tf.tidy` around it. */
export function keepTree<T>(tree: T): T {
  return mapTensors(tree, (tensor) => tf.keep(tensor));
}

/** Zeros of the shapes and dtypes of a tree. */
export function treeZerosLike<T>(tree: T): T {
  return mapTensors(tree, (tensor) => tf.zeros(tensor.shape, tensor.dtype));
}

/** Number of scalars in a tree of tensors. */
export function treeSize(tree: unknown): number {
  let size = 0;
  for (const leaf of treeLeaves(tree)) if (leaf instanceof tf.Tensor) size += leaf.size;
  return size;
}

/** `tf.tidy` for a function whose result is any tree: its tensors stay, all else that the function made is freed. */
export function tidyTree<T>(fn: () => T): T {
  return tf.tidy(fn as () => never);
}
