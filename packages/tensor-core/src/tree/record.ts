import { LabError } from '../errors';
import { pathMatcher, splitPath, type PathSelector } from './path';
import { treeFlatten, treePaths, treeUnflatten, type Tree } from './tree';

/** Leaves by their path. */
export type PathRecord<Leaf> = Record<string, Leaf>;

/**
 * The leaves that a selector means, by path; all of them without one.
 *
 * @throws LabError `argument` when a listed path is not in the tree
 * @example
 * treeSelect(params, /\.weight$/); // { 'layers.0.weight': ..., 'layers.1.weight': ... }
 */
export function treeSelect<Leaf>(tree: Tree<Leaf>, selector?: PathSelector): PathRecord<Leaf> {
  const leaves = treeFlatten(tree);
  if (selector === undefined) return Object.fromEntries(leaves);
  if (typeof selector !== 'function' && !(selector instanceof RegExp))
    assertKnown('treeSelect', selector, new Set(leaves.map(([path]) => path)));
  const matches = pathMatcher(selector);
  return Object.fromEntries(leaves.filter(([path]) => matches(path)));
}

/**
 * A tree with the leaves at these paths replaced; the other leaves are the same.
 *
 * @throws LabError `argument` when a path is not in the tree
 */
export function treeUpdate<T>(tree: T, leaves: Readonly<PathRecord<unknown>>): T {
  const own = treeFlatten(tree as Tree<unknown>);
  assertKnown('treeUpdate', Object.keys(leaves), new Set(own.map(([path]) => path)));
  return treeUnflatten(
    tree,
    own.map(([path, leaf]) => (Object.hasOwn(leaves, path) ? leaves[path] : leaf)),
  );
}

/**
 * A tree of `like`'s structure from leaves by path: the inverse of {@link treeSelect} without a selector.
 *
 * @throws LabError `format` when a path is missing or one too many; the message lists them
 */
export function treeFromRecord<T, Leaf>(
  like: T,
  leaves: Readonly<PathRecord<Leaf>>,
  caller = 'treeFromRecord',
): T {
  const paths = treePaths(like);
  const known = new Set(paths);
  const missing = paths.filter((path) => !Object.hasOwn(leaves, path));
  const unexpected = Object.keys(leaves).filter((path) => !known.has(path));
  if (missing.length > 0 || unexpected.length > 0)
    throw new LabError('format', `${caller}: the names are not those of the tree`, {
      received: { missing: missing.slice(0, 5), unexpected: unexpected.slice(0, 5) },
      hint: 'they were saved from a network of another structure, or under other names',
    });
  return treeUnflatten(
    like,
    paths.map((path) => leaves[path]),
  );
}

/** Leaves by path as nested plain objects: `{ 'a.b': x }` gives `{ a: { b: x } }`. */
export function nestPaths<Leaf>(leaves: Readonly<PathRecord<Leaf>>): Tree<Leaf> {
  const root = new Map<string, unknown>();
  for (const [path, leaf] of Object.entries(leaves)) {
    const names = splitPath(path);
    let node = root;
    for (const name of names.slice(0, -1)) {
      const inner = node.get(name) ?? new Map<string, unknown>();
      if (!(inner instanceof Map)) throw clash(path);
      node.set(name, inner);
      node = inner as Map<string, unknown>;
    }
    const last = names.at(-1);
    if (last === undefined || node.has(last)) throw clash(path);
    node.set(last, leaf);
  }
  const plain = (value: unknown): unknown =>
    value instanceof Map ? Object.fromEntries([...value].map(([name, each]) => [name, plain(each)])) : value;
  return plain(root) as Tree<Leaf>;
}

function clash(path: string): LabError {
  return new LabError('argument', 'nestPaths: a path is empty or leads through the leaf of another', {
    received: path,
  });
}

function assertKnown(caller: string, paths: readonly string[], known: ReadonlySet<string>): void {
  const unknown = paths.filter((path) => !known.has(path));
  if (unknown.length > 0)
    throw new LabError('argument', `${caller}: the tree has no leaf of this path`, {
      received: unknown.slice(0, 5),
      expected: [...known].slice(0, 20),
    });
}
