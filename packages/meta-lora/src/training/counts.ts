import { tf, type GradientTransformation, type OptimizerState, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { treeLeaves, treeMap } from '@lab/tensor-core/tree';

type Leaf = Tensor | number | undefined;

/** The counts of an optimiser's state in visiting order. They stay on the host: a compiled step would keep the first ones. */
export function countsIn(state: unknown): number[] {
  return treeLeaves<Leaf>(state as never).filter((leaf): leaf is number => typeof leaf === 'number');
}

/** The state's tensors; undefined where a count was. */
export function withoutCounts<T>(state: T): T {
  return treeMap((leaf: Leaf) => (typeof leaf === 'number' ? undefined : leaf), state);
}

/** The state with these counts in the places of its own or of those that were left out. */
export function withCounts<T>(state: T, counts: readonly number[]): T {
  let next = 0;
  return treeMap((leaf: Leaf) => (leaf instanceof tf.Tensor ? leaf : counts[next++]), state);
}

/** What the optimiser's next update makes of the counts, as scalars that a compiled step takes in. */
export function scalarsOf(optimizer: GradientTransformation, state: OptimizerState): unknown {
  const numbers = optimizer.numbers?.(state) ?? {};
  return treeMap((value: number) => tf.scalar(value), numbers);
}

/** By how much each count grew. */
export function growthOf(after: unknown, before: readonly number[]): number[] {
  const grown = countsIn(after).map((count, i) => count - before[i]!);
  if (grown.length === before.length && grown.every(Number.isInteger)) return grown;
  throw new LabError('unsupported', 'meta-lora: the numbers of an optimiser state must be counts', {
    argument: 'optimizer',
    received: { before, after: countsIn(after) },
  });
}

/** The state with its tensors left out: what is needed of it on the host. */
export function withoutTensors<T>(state: T): T {
  return treeMap((leaf: Leaf) => (typeof leaf === 'number' ? leaf : undefined), state);
}

/** A state without tensors, with these counts. */
export function withNumbers<T>(state: T, counts: readonly number[]): T {
  let next = 0;
  return treeMap((leaf: Leaf) => (typeof leaf === 'number' ? counts[next++] : leaf), state);
}
