import { LabError } from '../errors';
import { joinPath } from './path';

/**
 * A tree: a leaf, or an array or plain object of trees. Parameters, gradients and optimiser states are trees of
 * tensors; class instances (tensors, typed arrays) are leaves. Object keys are visited in sorted order, so two
 * trees with the same names have the same leaves in the same order.
 */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [name: string]: Tree<Leaf> };

/** The tree type `T` with its leaves of type `From` replaced by `To`. */
export type TreeMapped<T, From, To> = [Tree<From>] extends [T]
  ? Tree<To> // Any tree; its type would unfold for ever.
  : T extends From
    ? To
    : T extends object
      ? { [Name in keyof T]: TreeMapped<T[Name], From, To> }
      : T;

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

/**
 * The leaves with their paths, for example `[['layers.0.weight', tensor], ...]`, in visiting order. The path of a tree
 * that is itself a leaf is empty; a dot or backslash inside a name is written with a backslash before it, so that two
 * places never have the same path.
 *
 * @throws LabError `argument` when a name is empty
 */
export function treeFlatten<Leaf>(tree: Tree<Leaf>): [path: string, leaf: Leaf][] {
  const found: [string, Leaf][] = [];
  const visit = (value: unknown, path: string): void => {
    if (!isTreeNode(value)) found.push([path, value as Leaf]);
    else for (const name of childNames(value)) visit(child(value, name), joinPath(path, name));
  };
  visit(tree, '');
  return found;
}

/** The leaves in visiting order. */
export function treeLeaves<Leaf>(tree: Tree<Leaf>): Leaf[] {
  const found: Leaf[] = [];
  const visit = (value: unknown): void => {
    if (!isTreeNode(value)) found.push(value as Leaf);
    else if (Array.isArray(value)) value.forEach(visit);
    else for (const name of childNames(value)) visit(child(value, name));
  };
  visit(tree);
  return found;
}

/** The leaves' paths in visiting order. */
export function treePaths(tree: Tree<unknown>): string[] {
  return treeFlatten(tree).map(([path]) => path);
}

/**
 * A tree of `like`'s structure with these leaves, in visiting order.
 *
 * @throws LabError `shape` when there are more or fewer leaves than `like` has
 */
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
