import { LabError } from '../errors';
import { split, type Key } from './key';
import { countOf, type Size } from './size';
import { threefryWords } from './threefry';

export interface RandintOptions {
  /** Lowest value; an integer from -2^31. @default 0 */
  readonly low?: number;
  /** One past the highest value; an integer up to 2^31. */
  readonly high: number;
}

/**
 * Uniform integers in [low, high). Equal to `jax.random.randint` of int32: 64 random bits modulo the range, so the bias
 * is below 2^-32.
 *
 * @example
 * const rows = randint(batchKey, 32, { high: rowCount });
 */
export function randint(key: Key, size: Size, { low = 0, high }: RandintOptions): Int32Array {
  const count = countOf(key, size, 'randint');
  const valid = Number.isInteger(low) && Number.isInteger(high) && -(2 ** 31) <= low && high <= 2 ** 31;
  if (!valid || low >= high)
    throw new LabError('argument', 'randint: low and high are 32-bit integers and low is below high', {
      argument: 'low, high',
      received: `${String(low)}, ${String(high)}`,
    });
  const [highKey, lowKey] = split(key) as [Key, Key];
  const lower = threefryWords(lowKey, count);
  const values = new Int32Array(lower.buffer);
  const span = high - low;
  if (span === 2 ** 32) {
    for (let i = 0; i < count; i++) values[i] = lower[i]! + low;
    return values;
  }
  const upper = threefryWords(highKey, count);
  // (upper 2^32 + lower) mod span, with 2^32 mod span as (2^16 mod span)^2 mod span, in 32-bit arithmetic that wraps
  const half = 2 ** 16 % span;
  const multiplier = (Math.imul(half, half) >>> 0) % span;
  for (let i = 0; i < count; i++) {
    const offset = (Math.imul(upper[i]! % span, multiplier) + (lower[i]! % span)) >>> 0;
    values[i] = (offset % span) + low;
  }
  return values;
}
