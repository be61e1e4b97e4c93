import { LabError } from '../errors';
import type { Key } from './key';
import type { TruncatedNormalOptions } from './normal';
import type { UniformOptions } from './uniform';

/** Laws that a traced function may draw from. */
export type TracedDraw =
  | { readonly law: 'normal' }
  | { readonly law: 'uniform'; readonly options: UniformOptions }
  | { readonly law: 'truncatedNormal'; readonly options: TruncatedNormalOptions };

/**
 * What a key stands for while a function is traced: one of the function's arguments, or what was folded into it. Its
 * words are those of one call; a compiled function is called with others.
 */
export interface TracedKey {
  /** What was folded into the argument, first to last. */
  readonly path: readonly number[];
  /** Gives the tensor that stands for a draw. */
  draw(path: readonly number[], shape: readonly number[], draw: TracedDraw): unknown;
}

const traced = new WeakMap<Key, TracedKey>();

/** A key of the same words that stands for an argument. */
export function traceKey(key: Key, draw: TracedKey['draw']): Key {
  const copy: Key = [key[0], key[1]];
  traced.set(copy, { path: [], draw });
  return copy;
}

/** What a key stands for, if it does. */
export function tracedKey(key: Key): TracedKey | undefined {
  return traced.get(key);
}

/** A key made from another stands for what the other stands for, with `data` folded into it. */
export function inheritTrace(child: Key, parent: Key, data: number): Key {
  const known = traced.get(parent);
  if (known) traced.set(child, { ...known, path: [...known.path, data] });
  return child;
}

/** Refuses to draw numbers that every call of a compiled function would share. */
export function refuseTraced(key: Key, where: string): void {
  if (!traced.has(key)) return;
  throw new LabError('unsupported', `${where}: a traced function cannot draw plain numbers`, {
    argument: 'key',
    hint: 'draw tensors, with randomNormal, randomUniform or randomTruncatedNormal, or draw before and pass them in',
  });
}
