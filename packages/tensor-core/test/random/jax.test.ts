import { loadGolden } from '@lab/testing';
import { describe, expect, it } from 'vitest';
import * as random from '../../src/random';
import { threefry2x32 } from '../../src/random/threefry';

const golden = loadGolden<Record<string, any>>(import.meta.dirname, 'jax');
const key = random.key(42);

/** Largest absolute difference, relative above 1. */
function distance(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce(
    (most, value, i) => Math.max(most, Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value))),
    0,
  );
}

describe('threefry2x32', () => {
  // Known-answer vectors of the Random123 library (kat_vectors, threefry2x32, 20 rounds)
  it.each([
    [
      [0, 0],
      [0, 0],
      [0x6b200159, 0x99ba4efe],
    ],
    [
      [0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x1cb996fc, 0xbb002be7],
    ],
    [
      [0x13198a2e, 0x03707344],
      [0x243f6a88, 0x85a308d3],
      [0xc4923a9c, 0x483df7a0],
    ],
  ] as [random.Key, random.Key, random.Key][])('key %o, counter %o', (k, counter, expected) => {
    expect(threefry2x32(k, counter)).toEqual(expected);
  });
});

// Values of jax.random itself: see golden.source
describe('the bits of jax.random', () => {
  it('makes the same keys, also of negative and of 64-bit seeds', () => {
    for (const [seed, words] of Object.entries<number[]>(golden.keys)) {
      expect(random.key(Number(seed)), seed).toEqual(words);
      expect(random.key(BigInt(seed)), seed).toEqual(words);
    }
    expect(random.key(2n ** 64n - 1n)).toEqual(random.key(-1));
  });

  it('splits and folds in', () => {
    expect(random.split(key, 3)).toEqual(golden.split);
    expect(random.split(random.key(0))).toEqual(golden.splitOf0);
    for (const [data, words] of Object.entries(golden.foldIn))
      expect(random.foldIn(key, Number(data))).toEqual(words);
  });

  it('draws words, uniform numbers and integers bit for bit', () => {
    expect([...random.bits(key, [2, 5])]).toEqual(golden.bits.flat());
    expect([...random.uniform(key, 7)]).toEqual(golden.uniform);
    expect([...random.uniform(key, 50, { low: -0.3, high: 2.7 })]).toEqual(golden.uniformRange);
    expect([...random.bernoulli(key, 40, { probability: 0.3 })]).toEqual(golden.bernoulli);
    expect([...random.randint(key, 20, { low: -5, high: 1000 })]).toEqual(golden.randint);
    const wide = { low: -(2 ** 31), high: 2 ** 31 - 1 };
    expect([...random.randint(key, 20, wide)]).toEqual(golden.randintWide);
    expect([...random.randint(key, 20, { ...wide, high: 2 ** 31 })]).toEqual(golden.randintFull);
    const odd = { low: -1_500_000_000, high: 1_500_000_001 };
    expect([...random.randint(key, 20, odd)]).toEqual(golden.randintOdd);
  });

  it('draws real-valued laws to rounding', () => {
    expect(distance(random.normal(key, 200), golden.normal)).toBeLessThan(5e-7);
    expect(distance(random.normal(random.key(0), 3), golden.normalOf0)).toBeLessThan(5e-7);
    expect(distance(random.uniform64(key, 5, { low: -0.3, high: 2.7 }), golden.uniform64)).toBeLessThan(
      1e-15,
    );
    expect(distance(random.normal64(key, 100), golden.normal64)).toBeLessThan(1e-14);
    expect(distance(random.truncatedNormal(key, 50), golden.truncatedNormal)).toBeLessThan(5e-7);
    const tail = random.truncatedNormal(key, 50, { low: 1.5, high: 3 });
    expect(distance(tail, golden.truncatedNormalTail)).toBeLessThan(2e-6);
    expect(distance(random.exponential(key, 50), golden.exponential)).toBeLessThan(5e-7);
    expect(distance(random.gumbel(key, 50), golden.gumbel)).toBeLessThan(1e-6);
  });

  it('chooses categories and permutes alike', () => {
    const logits = [-1, 0.5, 2, 0, 0, 0];
    const chosen = random.categorical(key, logits, { classes: 3, draws: 10 });
    expect([...chosen]).toEqual(golden.categorical.flat());
    for (const [count, order] of Object.entries(golden.permutation))
      expect([...random.permutation(key, Number(count))]).toEqual(order);
    expect([...random.permutation(key, 5000).subarray(0, 20)]).toEqual(golden.permutationLong);
  });
});
