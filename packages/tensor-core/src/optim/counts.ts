import { LabError } from '../errors';
import type { Tensor } from '../tf';
import { treeLeaves, treeMap, type Tree } from '../tree';

type Leaf = Tensor | number | undefined;

// The numbers of an optimiser's state are counts. Where a step is compiled they stay on the host, since a graph would keep the
// first ones: these functions take a state apart into tensors and counts, and put it together again.

/** The counts of a state, in visiting order. */
export function countsOf(state: unknown): number[] {
  return treeLeaves<Leaf>(state as Tree<Leaf>).filter((leaf) => typeof leaf === 'number');
}

/** The state's tensors; undefined where a count was. */
export function withoutCounts<T>(state: T): T {
  return treeMap<Leaf, T>((leaf) => (typeof leaf === 'number' ? undefined : leaf), state);
}

/** The state's counts; undefined where a tensor was. It says to `joinCounts` where counts belong. */
export function countsAlone<T>(state: T): T {
  return treeMap<Leaf, T>((leaf) => (typeof leaf === 'number' ? leaf : undefined), state);
}

/** A state of the leaves of one tree, with these counts where `skeleton`, as `countsAlone` gives it, has numbers. */
export function joinCounts<T>(leaves: T, skeleton: unknown, counts: readonly number[]): T {
  let next = 0;
  return treeMap<Leaf, T>(
    (leaf, place: Leaf) => (typeof place === 'number' ? counts[next++] : leaf),
    leaves,
    skeleton,
  );
}

/**
 * By how much each count of a state grew with a step; it is the same at every step.
 *
 * @throws LabError `unsupported` for a state whose numbers are no counts
 */
export function countGrowth(after: unknown, before: readonly number[]): number[] {
  const counts = countsOf(after);
  const grown = counts.map((count, i) => count - before[i]!);
  if (counts.length === before.length && grown.every((by) => Number.isInteger(by))) return grown;
  throw new LabError('unsupported', 'the numbers in an optimiser state must be counts to be compiled', {
    argument: 'optimizer',
    received: { before, after: counts },
    hint: "keep other numbers as tensors, or train with engine: 'eager'",
  });
}
