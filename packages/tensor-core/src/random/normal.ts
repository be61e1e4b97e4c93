import { erf32, erfInv32, erfInv64 } from './erf';
import type { Key } from './key';
import { checkRange, countOf, type Size } from './size';
import { threefryWords } from './threefry';
import { uniform64, uniformFromWords } from './uniform';

const sqrt2 = Math.fround(Math.SQRT2);
/** The float32 number after -1: a uniform variable that never reaches the ends. */
const aboveMinusOne = -1 + 2 ** -24;

/**
 * Standard normal float32 values, by inversion of the distribution function. Equal to `jax.random.normal` to rounding
 * (one unit in the last place). None lies beyond +-5.42.
 *
 * @example
 * const noise = normal(stepKey, [batch, 16]);
 */
export function normal(key: Key, size: Size): Float32Array {
  const values = uniformFromWords(threefryWords(key, countOf(key, size, 'normal')), aboveMinusOne, 1);
  for (let i = 0; i < values.length; i++) values[i] = sqrt2 * erfInv32(values[i]!);
  return values;
}

/**
 * Standard normal float64 values: finer than `normal` and with longer tails. Equal to `jax.random.normal` with 64-bit
 * types to about 1e-15.
 */
export function normal64(key: Key, size: Size): Float64Array {
  countOf(key, size, 'normal64');
  const values = uniform64(key, size, { low: -1 + 2 ** -53, high: 1 });
  for (let i = 0; i < values.length; i++) values[i] = Math.SQRT2 * erfInv64(values[i]!);
  return values;
}

export interface TruncatedNormalOptions {
  /** Lower end of the values. @default -2 */
  readonly low?: number;
  /** Upper end of the values. @default 2 */
  readonly high?: number;
}

/**
 * Standard normal float32 values on condition that they lie within (low, high), by inversion. Equal to
 * `jax.random.truncated_normal` to rounding.
 *
 * Single precision resolves the tail poorly: keep one of `low` and `high` within +-5.
 */
export function truncatedNormal(
  key: Key,
  size: Size,
  { low = -2, high = 2 }: TruncatedNormalOptions = {},
): Float32Array {
  const count = countOf(key, size, 'truncatedNormal');
  const from = Math.fround(low);
  const to = Math.fround(high);
  checkRange(from, to, 'truncatedNormal');
  // Times 1/sqrt(2), as XLA compiles a division by a constant: the last bit of an end moves the whole sample.
  const a = erf32(Math.fround(from * Math.fround(1 / sqrt2)));
  const b = erf32(Math.fround(to * Math.fround(1 / sqrt2)));
  const values = uniformFromWords(threefryWords(key, count), a, b);
  const least = nextFloat32(from, 1);
  const most = nextFloat32(to, -1);
  for (let i = 0; i < count; i++)
    values[i] = Math.min(Math.max(Math.fround(sqrt2 * erfInv32(values[i]!)), least), most);
  return values;
}

/** The float32 number next to a finite one, above (direction 1) or below (-1). */
function nextFloat32(x: number, direction: 1 | -1): number {
  if (x === 0) return direction * 2 ** -149;
  const word = new Uint32Array(Float32Array.of(x).buffer);
  word[0]! += Math.sign(x) * direction;
  return new Float32Array(word.buffer)[0]!;
}
