import type { Key } from './key';

/*
 * Threefry-2x32 with 20 rounds: a bijection of two 32-bit words under a key, whose outputs for counters 0, 1, 2, ...
 * are the random bits.
 *
 * Source: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 4.2.
 * Counters are laid out as JAX does since 0.5 (`jax_threefry_partitionable`): value i comes from counter i alone, so
 * the first n of m numbers are the same numbers for every m.
 */

const parity = 0x1bd11bda;

/**
 * Encrypts the counters (high, low), (high, low + 1), ... Written out round by round: as loops over tables of
 * rotations it runs several times slower, and every random number passes here.
 *
 * @param pairs true: `out` takes both words of every block; false: their exclusive or
 */
function encrypt(key: Key, [high, low]: Key, out: Uint32Array, pairs: boolean): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ parity;
  const count = pairs ? out.length / 2 : out.length;
  for (let i = 0; i < count; i++) {
    let a = (high + k0) | 0;
    let b = (low + i + k1) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2 + 1) | 0;

    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k2) | 0;
    b = (b + k0 + 2) | 0;

    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k0) | 0;
    b = (b + k1 + 3) | 0;

    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2 + 4) | 0;

    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k2) | 0;
    b = (b + k0 + 5) | 0;

    if (pairs) {
      out[2 * i] = a;
      out[2 * i + 1] = b;
    } else out[i] = a ^ b;
  }
}

/** The two output words for one counter. */
export function threefry2x32(key: Key, counter: Key): Key {
  const words = new Uint32Array(2);
  encrypt(key, counter, words, true);
  return [words[0]!, words[1]!];
}

/** Both output words for the counters 0 to `count - 1`: high, low, high, low ... */
export function threefryPairs(key: Key, count: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(2 * count);
  encrypt(key, [0, 0], words, true);
  return words;
}

/** One word a counter for the counters 0 to `count - 1`: the exclusive or of both output words. */
export function threefryWords(key: Key, count: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(count);
  encrypt(key, [0, 0], words, false);
  return words;
}
