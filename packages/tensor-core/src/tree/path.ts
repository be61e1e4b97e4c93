import { LabError } from '../errors';

/**
 * Which leaves are meant: those whose path a regular expression finds a match in, those listed by their whole path, or
 * those a function accepts.
 */
export type PathSelector = RegExp | readonly string[] | ((path: string) => boolean);

/** The path of the child `name` of the node at `path`. */
export function joinPath(path: string, name: string): string {
  if (name === '')
    throw new LabError('argument', 'a name in a tree is empty', {
      received: `an empty name in ${path === '' ? 'the root' : path}`,
      hint: 'a leaf is found by the names that lead to it: give each one at least one character',
    });
  const escaped = /[.\\]/.test(name) ? name.replace(/[.\\]/g, '\\$&') : name;
  return path === '' ? escaped : `${path}.${escaped}`;
}

/** The names that lead to the leaf at `path`, the inverse of joining them. */
export function splitPath(path: string): string[] {
  if (path === '') return [];
  return [...path.matchAll(/(?:[^.\\]|\\.)+/gs)].map(([part]) => part.replace(/\\(.)/gs, '$1'));
}

/** The selector as a function of a path. */
export function pathMatcher(selector: PathSelector): (path: string) => boolean {
  if (typeof selector === 'function') return selector;
  // search, unlike test, starts at the beginning whatever an expression with the flag g matched before.
  if (selector instanceof RegExp) return (path) => path.search(selector) >= 0;
  const listed = new Set(selector);
  return (path) => listed.has(path);
}
