import { LabError } from '../errors';
import { treeFlatten, treeUnflatten, type Tree, type TreeMapped } from './tree';

/**
 * The corresponding leaves of several trees of the same structure, with their path, in visiting order.
 *
 * @throws LabError `shape` when the structures differ; the message names the first path that does
 */
export function treeZip(
  trees: readonly unknown[],
  caller = 'treeZip',
): { readonly path: string; readonly leaves: unknown[] }[] {
  const columns = trees.map((each) => treeFlatten(each));
  const first = columns[0] ?? [];
  for (const column of columns) {
    const index = first.findIndex(([path], i) => column[i]?.[0] !== path);
    if (index >= 0 || column.length !== first.length)
      throw new LabError('shape', `${caller}: the trees differ in structure`, {
        expected: first[index]?.[0] ?? `${String(first.length)} leaves`,
        received:
          (index < 0 ? column[first.length] : column[index])?.[0] ?? `${String(column.length)} leaves`,
      });
  }
  return first.map(([path], i) => ({ path, leaves: columns.map((column) => column[i]?.[1]) }));
}

/**
 * Applies `fn` to the corresponding leaves of one or more trees of the same structure; the result has the structure of
 * the first.
 *
 * @throws LabError `shape` when the structures differ; the message names the first path that does
 * @example
 * const next = treeMap((p: Tensor, g: Tensor) => tf.sub(p, tf.mul(g, 0.1)), params, grads);
 */
export function treeMap<Leaf, T>(
  fn: (leaf: Leaf, ...others: any[]) => Leaf,
  tree: T,
  ...others: readonly unknown[]
): T;
export function treeMap<From, To, T>(
  fn: (leaf: From, ...others: any[]) => To,
  tree: T,
  ...others: readonly unknown[]
): TreeMapped<T, From, To>;
/** For a generic `fn`, which must keep the type of its leaf. */
export function treeMap<T>(fn: (...leaves: any[]) => unknown, tree: T, ...others: readonly unknown[]): T;
export function treeMap(
  fn: (leaf: unknown, ...others: unknown[]) => unknown,
  tree: unknown,
  ...others: readonly unknown[]
): unknown {
  const zipped = treeZip([tree, ...others], 'treeMap');
  return treeUnflatten(
    tree,
    zipped.map(({ leaves: [leaf, ...rest] }) => fn(leaf, ...rest)),
  );
}

/** As {@link treeMap} of one tree, with the leaf's path. */
export function treeMapWithPath<From, To, T>(
  fn: (path: string, leaf: From) => To,
  tree: T,
): TreeMapped<T, From, To> {
  const leaves = treeFlatten(tree as Tree<From>).map(([path, leaf]) => fn(path, leaf));
  return treeUnflatten<unknown>(tree, leaves) as TreeMapped<T, From, To>;
}

/** Folds the leaves in visiting order: `fn(fn(initial, first), second) ...`. */
export function treeReduce<Leaf, Result>(
  fn: (result: Result, leaf: Leaf, path: string) => Result,
  tree: Tree<Leaf>,
  initial: Result,
): Result {
  return treeFlatten(tree).reduce((result, [path, leaf]) => fn(result, leaf, path), initial);
}
