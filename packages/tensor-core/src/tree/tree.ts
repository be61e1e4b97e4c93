import { LabError } from '../errors';

/**
 * A tree: a leaf, or an array or plain object of trees. Parameters, gradients and optimiser states are trees of
 * tensors; class instances (tensors, typed arrays) are leaves. Object keys are visited in sorted order, so two
 * trees with the same names have the same leaves in the same order.
 */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

type Node = readonly unknown[] | Readonly<Record<string, unknown>>;

/** True for the inner nodes of a tree: arrays and plain objects. */
export function isTreeNode(value: unknown): value is Node {
  if (Array.isArray(value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function childNames(node: Node): string[] {
  return Array.isArray(node) ? node.map((_, index) => String(index)) : Object.keys(node).sort();
}

function child(node: Node, name: string): unknown {
  return (node as Readonly<Record<string, unknown>>)[name];
}

/** The leaves with their paths, for example `[['layers.0.weight', tensor], ...]`, in visiting order. */
export function treeFlatten<Leaf>(tree: Tree<Leaf>): [path: string, leaf: Leaf][] {
  const found: [string, Leaf][] = [];
  const visit = (value: unknown, path: string): void => {
    if (!isTreeNode(value)) found.push([path, value as Leaf]);
    else
      for (const name of childNames(value)) visit(child(value, name), path === '' ? name : `${path}.${name}`);
  };
  visit(tree, '');
  return found;
}

/** The leaves in visiting order. */
export function treeLeaves<Leaf>(tree: Tree<Leaf>): Leaf[] {
  return treeFlatten(tree).map(([, leaf]) => leaf);
}

/** The leaves' paths in visiting order. */
export function treePaths(tree: Tree<unknown>): string[] {
  return treeFlatten(tree).map(([path]) => path);
}

/** A tree of `like`'s structure with these leaves, in visiting order. */
export function treeUnflatten<T>(like: T, leaves: readonly unknown[]): T {
  let next = 0;
  const build = (value: unknown): unknown => {
    if (!isTreeNode(value)) {
      if (next >= leaves.length)
        throw new LabError('shape', 'treeUnflatten: fewer leaves than the tree has', {
          received: leaves.length,
        });
      return leaves[next++];
    }
    if (Array.isArray(value)) return value.map(build);
    return Object.fromEntries(childNames(value).map((name) => [name, build(child(value, name))]));
  };
  const built = build(like);
  if (next !== leaves.length)
    throw new LabError('shape', 'treeUnflatten: more leaves than the tree has', {
      expected: next,
      received: leaves.length,
    });
  return built as T;
}

/**
 * Applies `fn` to the corresponding leaves of one or more trees of the same structure.
 *
 * @throws LabError `shape` when the structures differ; the message names the first path that does
 */
export function treeMap<T>(fn: (...leaves: any[]) => unknown, tree: T, ...others: readonly unknown[]): T {
  const columns = [tree, ...others].map((each) => treeFlatten(each as Tree<unknown>));
  const first = columns[0] ?? [];
  for (const column of columns) {
    const index = first.findIndex(([path], i) => column[i]?.[0] !== path);
    if (index >= 0 || column.length !== first.length)
      throw new LabError('shape', 'treeMap: the trees differ in structure', {
        expected: first[index]?.[0] ?? `${String(first.length)} leaves`,
        received: column[index]?.[0] ?? `${String(column.length)} leaves`,
      });
  }
  return treeUnflatten(
    tree,
    first.map((_, i) => fn(...columns.map((column) => column[i]?.[1]))),
  );
}
