import { LabError } from '../errors';
import { threefry2x32, threefryPairs } from './threefry';
import { inheritTrace } from './traced';

/**
 * A random key: two 32-bit words, plain JSON. A key is split, never mutated; the same key gives the same numbers on
 * every engine and machine.
 */
export type Key = readonly [high: number, low: number];

/**
 * The key of an integer seed: the seed's 64 bits in two's complement, high word first. 0 is a seed like any other.
 *
 * Equal to `jax.random.PRNGKey(seed)` with 64-bit types enabled, and for 0 <= seed < 2^32 to that of any JAX (which
 * without them drops a seed's high word).
 *
 * @param seed an integer within +-(2^53 - 1), or a bigint of at most 64 bits
 * @throws LabError `argument` when `seed` is anything else
 * @example
 * const [initKey, dataKey] = split(key(0));
 */
export function key(seed: number | bigint): Key {
  if (typeof seed === 'bigint') {
    if (BigInt.asIntN(64, seed) !== seed && BigInt.asUintN(64, seed) !== seed)
      throw new LabError('argument', 'key: a seed has at most 64 bits', {
        argument: 'seed',
        received: String(seed),
      });
    return [Number(BigInt.asUintN(32, seed >> 32n)), Number(BigInt.asUintN(32, seed))];
  }
  if (!Number.isSafeInteger(seed))
    throw new LabError('argument', 'key: a seed is an integer within +-(2^53 - 1)', {
      argument: 'seed',
      received: String(seed),
      hint: 'pass a bigint for a seed of 64 bits',
    });
  return [Math.floor(seed / 2 ** 32) >>> 0, seed >>> 0];
}

/**
 * `count` new keys, independent of each other and of what is drawn with them. Equal to `jax.random.split`.
 *
 * Child i equals `foldIn(key, i)`: use one of the two on a key, not both.
 *
 * @param count a whole number from 1
 * @default count 2
 */
export function split(key: Key, count = 2): Key[] {
  checkKey(key, 'split');
  if (!Number.isInteger(count) || count < 1)
    throw new LabError('argument', 'split: count is a whole number from 1', {
      argument: 'count',
      received: String(count),
    });
  const words = threefryPairs(key, count);
  return Array.from({ length: count }, (_, i) => inheritTrace([words[2 * i]!, words[2 * i + 1]!], key, i));
}

/**
 * The key for item `data` of something counted: a step, a sample, a layer. Equal to `jax.random.fold_in`.
 *
 * @param data a whole number below 2^32
 * @example
 * const stepKey = foldIn(key, step);
 */
export function foldIn(key: Key, data: number): Key {
  checkKey(key, 'foldIn');
  if (!isWord(data))
    throw new LabError('argument', 'foldIn: data is a whole number from 0 and below 2^32', {
      argument: 'data',
      received: String(data),
    });
  return inheritTrace(threefry2x32(key, [0, data]), key, data);
}

function isWord(value: unknown): boolean {
  return typeof value === 'number' && value >>> 0 === value;
}

/** Refuses what is not a key; `where` opens the sentence. */
export function checkKey(key: unknown, where: string): void {
  if (Array.isArray(key) && key.length === 2 && isWord(key[0]) && isWord(key[1])) return;
  throw new LabError('argument', `${where}: a key is two whole numbers below 2^32`, {
    argument: 'key',
    received: key,
    hint: 'make one with key(seed), derive others with split or foldIn',
  });
}
