import { tf, type Tensor } from '@lab/tensor-core';
import { treeLeaves, treeMap, type Tree } from '@lab/tensor-core/tree';

/** Rows of data in host memory. */
export interface HostRows<T> {
  /** These rows of every tensor: new tensors. */
  take(rows: ArrayLike<number>): T;
}

/**
 * Copies a tree of tensors [n, ...] to host memory, to draw batches from. Copying rows there is some ten times faster than
 * a gather on the WebAssembly engine, which computes the place of every number.
 */
export async function hostRows<T>(data: T): Promise<HostRows<T>> {
  const values = new Map(
    await Promise.all(
      treeLeaves<Tensor>(data as Tree<Tensor>).map(async (leaf) => [leaf, await leaf.data()] as const),
    ),
  );
  return {
    take: (rows) =>
      treeMap((leaf: Tensor) => {
        const all = values.get(leaf)!;
        const width = leaf.size / Math.max(leaf.shape[0], 1);
        const own = all.slice(0, 0).constructor as new (length: number) => typeof all;
        const taken = new own(rows.length * width);
        for (let i = 0; i < rows.length; i++)
          taken.set(all.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width);
        return tf.tensor(taken, [rows.length, ...leaf.shape.slice(1)], leaf.dtype);
      }, data),
  };
}
