import { threefryPairs, threefryWords } from './threefry';
import { LabError } from '../errors';
import type { Key } from './key';
import { checkRange, countOf, type Size } from './size';

/** Uniform 32-bit words. Equal to `jax.random.bits`. */
export function bits(key: Key, size: Size): Uint32Array {
  return threefryWords(key, countOf(key, size, 'bits'));
}

export interface UniformOptions {
  /** Lower end, included. @default 0 */
  readonly low?: number;
  /** Upper end, excluded (rounding may reach it when `high - low` is small beside `high`). @default 1 */
  readonly high?: number;
}

/**
 * Uniform float32 values in [low, high), 2^23 different ones. Equal to `jax.random.uniform`.
 *
 * @example
 * uniform(key(0), [2, 3], { low: -1, high: 1 });
 */
export function uniform(key: Key, size: Size, { low = 0, high = 1 }: UniformOptions = {}): Float32Array {
  const count = countOf(key, size, 'uniform');
  checkRange(Math.fround(low), Math.fround(high), 'uniform');
  return uniformFromWords(threefryWords(key, count), Math.fround(low), Math.fround(high));
}

/**
 * Uniform float64 values in [low, high), 2^52 different ones. Equal to `jax.random.uniform` with 64-bit types.
 */
export function uniform64(key: Key, size: Size, { low = 0, high = 1 }: UniformOptions = {}): Float64Array {
  const count = countOf(key, size, 'uniform64');
  checkRange(low, high, 'uniform64');
  const words = threefryPairs(key, count);
  const values = new Float64Array(count);
  const span = high - low;
  for (let i = 0; i < count; i++) {
    const unit = words[2 * i]! * 2 ** -32 + (words[2 * i + 1]! >>> 12) * 2 ** -52;
    values[i] = Math.max(low, unit * span + low);
  }
  return values;
}

/** As `uniform`, over words that were drawn already; reuses their memory. `low` and `high` are float32 numbers. */
export function uniformFromWords(words: Uint32Array, low: number, high: number): Float32Array {
  const values = new Float32Array(words.buffer, words.byteOffset, words.length);
  const span = Math.fround(high - low);
  for (let i = 0; i < words.length; i++) {
    const unit = (words[i]! >>> 9) * 2 ** -23;
    values[i] = Math.max(low, unit * span + low);
  }
  return values;
}

/** True with the given probability, as bytes 0 and 1. Equal to `jax.random.bernoulli`. */
export function bernoulli(
  key: Key,
  size: Size,
  {
    probability = 0.5,
  }: {
    /** Chance of a 1, in [0, 1]. @default 0.5 */
    readonly probability?: number;
  } = {},
): Uint8Array {
  const count = countOf(key, size, 'bernoulli');
  if (!(probability >= 0 && probability <= 1))
    throw new LabError('argument', 'bernoulli: probability lies in [0, 1]', {
      argument: 'probability',
      received: String(probability),
    });
  const threshold = Math.fround(probability);
  return Uint8Array.from(threefryWords(key, count), (word) => ((word >>> 9) * 2 ** -23 < threshold ? 1 : 0));
}

/** Values of the exponential law of rate 1, float32. Equal to `jax.random.exponential` to rounding. */
export function exponential(key: Key, size: Size): Float32Array {
  const count = countOf(key, size, 'exponential');
  const values = uniformFromWords(threefryWords(key, count), 0, 1);
  for (let i = 0; i < count; i++) values[i] = -Math.log1p(-values[i]!);
  return values;
}
