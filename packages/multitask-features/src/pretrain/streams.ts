import { foldIn, type Key } from '@lab/tensor-core/random';

const names = ['weights', 'head', 'gradient', 'split', 'bias', 'shuffle', 'white'] as const;

/** A stream of draws of its own for each purpose, so that a longer one does not shift the others. */
export function stream(key: Key, name: (typeof names)[number], ...at: readonly number[]): Key {
  return at.reduce(foldIn, foldIn(key, names.indexOf(name)));
}
