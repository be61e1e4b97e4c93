import { tf, type Tensor } from '@lab/tensor-core';
import { treeMap } from '@lab/tensor-core/tree';

type Leaf = Tensor | number | undefined;

// Slots are kept as one tensor a leaf with a first axis for the slots: one compiled step then serves every task, which
// it finds by an index that comes in as a tensor.

/** Slots of one structure as one tree with a first axis. Leaves that are no tensors are left out. */
export function stacked<Slot>(slots: readonly Slot[]): Slot {
  return treeMap(
    (...leaves: Leaf[]) => (leaves[0] instanceof tf.Tensor ? tf.stack(leaves as Tensor[]) : undefined),
    slots[0]!,
    ...slots.slice(1),
  );
}

/** All slots of a stack, for far fewer operations than one by one. */
export function unstacked<Slot>(stack: Slot, count: number): Slot[] {
  const rows = new Map<Leaf, Tensor[]>();
  treeMap((leaf: Leaf) => (leaf instanceof tf.Tensor ? void rows.set(leaf, tf.unstack(leaf)) : leaf), stack);
  return Array.from({ length: count }, (_, t) => treeMap((leaf: Leaf) => rows.get(leaf)?.[t], stack));
}

/** One slot of a stack. @param index int32 [1] */
export function picked<Slot>(stack: Slot, index: Tensor): Slot {
  return treeMap(
    (leaf: Leaf) =>
      leaf instanceof tf.Tensor
        ? tf.reshape(tf.gather(leaf, index as never), leaf.shape.slice(1))
        : undefined,
    stack,
  );
}

/** The stack with one slot replaced; the others are the same, bit for bit. @param index int32 [1] */
export function replaced<Slot>(stack: Slot, slot: Slot, index: Tensor): Slot {
  return treeMap(
    (all: Leaf, one: Leaf) => {
      if (!(all instanceof tf.Tensor) || !(one instanceof tf.Tensor)) return undefined;
      const [count = 1, ...rest] = all.shape;
      const places = tf.tensor1d(
        Int32Array.from({ length: count }, (_, i) => i),
        'int32',
      );
      const here = tf.reshape(tf.equal(places, index), [count, ...rest.map(() => 1)]);
      return tf.where(
        tf.tile(here, [1, ...rest]),
        tf.tile(tf.expandDims(one), [count, ...rest.map(() => 1)]),
        all,
      );
    },
    stack,
    slot,
  );
}

/** Slot `t` of a stack that was read to the host's engine. */
export function sliced<Slot>(stack: Slot, t: number): Slot {
  return treeMap(
    (leaf: Leaf) =>
      leaf instanceof tf.Tensor
        ? tf.tidy(() => tf.reshape(tf.slice(leaf, [t], [1]), leaf.shape.slice(1)))
        : leaf,
    stack,
  );
}
