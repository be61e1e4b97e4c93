import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isLabError } from '../../src/errors';
import * as random from '../../src/random';

const words = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const keys = fc.tuple(words, words) as fc.Arbitrary<random.Key>;
const sizes = fc.integer({ min: 0, max: 60 });

const draws: Record<string, (key: random.Key, size: random.Size) => ArrayLike<number>> = {
  bits: random.bits,
  uniform: random.uniform,
  uniform64: random.uniform64,
  normal: random.normal,
  normal64: random.normal64,
  truncatedNormal: random.truncatedNormal,
  bernoulli: random.bernoulli,
  exponential: random.exponential,
  gumbel: random.gumbel,
  randint: (key, size) => random.randint(key, size, { high: 1000 }),
};

describe.each(Object.entries(draws))('%s', (_, draw) => {
  test.prop([keys, sizes])(
    'is a function of the key; a longer draw begins with a shorter one',
    (key, size) => {
      const short = Array.from(draw(key, size));
      expect(Array.from(draw([...key] as const, size))).toEqual(short);
      expect(Array.from(draw(key, size + 17)).slice(0, size)).toEqual(short);
      expect(short.every(Number.isFinite)).toBe(true);
    },
  );

  it('fills shapes, empty ones too', () => {
    const key = random.key(0);
    expect(Array.from(draw(key, [2, 3]))).toEqual(Array.from(draw(key, 6)));
    expect(draw(key, []).length).toBe(1);
    expect(draw(key, [3, 0]).length).toBe(0);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 32, [2, -1], [2 ** 20, 2 ** 20], 'ten', null])(
    'refuses size %o',
    (size) => {
      expect(() => draw(random.key(0), size as never)).toThrow(/size is a whole number or a shape/);
    },
  );

  it('refuses what is not a key', () => {
    for (const key of [0, [1], [1, -1], [1, 2 ** 32], [0.5, 1], undefined]) {
      expect(() => draw(key as never, 3)).toThrow(/a key is two whole numbers.*make one with key\(seed\)/);
    }
  });
});

describe('keys', () => {
  test.prop([keys, fc.integer({ min: 1, max: 20 })])(
    'split gives different keys, child i being foldIn(key, i)',
    (key, n) => {
      const children = random.split(key, n);
      expect(new Set(children.map(String)).size).toBe(n);
      children.forEach((child, i) => expect(random.foldIn(key, i)).toEqual(child));
      expect(JSON.parse(JSON.stringify(children))).toEqual(children);
    },
  );

  test.prop([fc.maxSafeInteger(), fc.maxSafeInteger()])('different seeds give different keys', (a, b) => {
    expect(String(random.key(a)) === String(random.key(b))).toBe(a === b);
  });

  it.each([0.5, Number.NaN, Infinity, 2 ** 53, '1', undefined, 2n ** 64n, -(2n ** 63n) - 1n])(
    'refuses seed %s',
    (seed) => {
      let error: unknown;
      try {
        random.key(seed as number);
      } catch (caught) {
        error = caught;
      }
      expect(isLabError(error) && error.code).toBe('argument');
    },
  );

  it('refuses bad counts and data', () => {
    const key = random.key(0);
    expect(() => random.split(key, 0)).toThrow(/count is a whole number from 1/);
    expect(() => random.foldIn(key, -1)).toThrow(/below 2\^32; argument: data/);
    expect(() => random.foldIn(key, 2 ** 32)).toThrow(/argument: data/);
  });
});

describe('ranges', () => {
  test.prop([keys, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 2 ** 32 })])(
    'randint stays in its range',
    (key, low, span) => {
      const high = Math.min(low + span, 2 ** 31);
      for (const value of random.randint(key, 20, { low, high })) {
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThan(high);
      }
    },
  );

  test.prop([keys, fc.integer({ min: 0, max: 3000 })])(
    'permutation holds every number once',
    (key, count) => {
      const order = random.permutation(key, count);
      expect(order.length).toBe(count);
      expect(Array.from(order).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    },
  );

  it('refuses empty and infinite ranges, and odds that are none', () => {
    const key = random.key(0);
    expect(() => random.uniform(key, 1, { low: 1, high: 1 })).toThrow(/low is below high/);
    expect(() => random.uniform(key, 1, { high: Infinity })).toThrow(/finite/);
    expect(() => random.truncatedNormal(key, 1, { low: 2, high: -2 })).toThrow(/low is below high/);
    expect(() => random.randint(key, 1, { high: 0 })).toThrow(/low is below high/);
    expect(() => random.randint(key, 1, { high: 2 ** 31 + 1 })).toThrow(/32-bit integers/);
    expect(() => random.bernoulli(key, 1, { probability: 1.1 })).toThrow(/probability lies in \[0, 1\]/);
    expect(() => random.permutation(key, -1)).toThrow(/count/);
    expect(() => random.categorical(key, [])).toThrow(/rows of `classes` values/);
    expect(() => random.categorical(key, [1, 2, 3], { classes: 2 })).toThrow(/rows of `classes` values/);
    expect(() => random.categorical(key, [0, Number.NaN])).toThrow(/NaN in row 0/);
    expect(() => random.categorical(key, [-Infinity, -Infinity])).toThrow(/every category is impossible/);
  });
});
