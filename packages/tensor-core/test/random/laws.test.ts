import { describe, expect, it } from 'vitest';
import * as random from '../../src/random';

/** Kolmogorov-Smirnov: sqrt(n) times the largest distance between the sample's distribution function and `cdf`. */
function kolmogorovSmirnov(values: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  let most = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    most = Math.max(most, p - i / n, (i + 1) / n - p);
  });
  return Math.sqrt(n) * most;
}

/** Distribution function of the standard normal law, by its power series (an independent route to erf). */
function normalCdf(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

function moment(values: ArrayLike<number>, power: number): number {
  return Float64Array.from(values).reduce((sum, x) => sum + x ** power, 0) / values.length;
}

/** Pearson's statistic against equal expected counts. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

const n = 100_000;
// P(K > 1.95) = 0.1 % for the limiting Kolmogorov law
const ksLimit = 1.95;

describe('laws, with fixed seeds', () => {
  it.each([0, 1, 2])('normal: distribution and first four moments, seed %i', (seed) => {
    for (const values of [random.normal(random.key(seed), n), random.normal64(random.key(seed), n)]) {
      expect(kolmogorovSmirnov(values, normalCdf)).toBeLessThan(ksLimit);
      // four standard errors: the variance of x^k is E x^2k - (E x^k)^2
      expect(Math.abs(moment(values, 1))).toBeLessThan(4 * Math.sqrt(1 / n));
      expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
      expect(Math.abs(moment(values, 3))).toBeLessThan(4 * Math.sqrt(15 / n));
      expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    }
  });

  it('the KS test rejects a law that is slightly off (the tests above can fail)', () => {
    const shifted = random.normal(random.key(0), n).map((x) => x * 1.02);
    expect(kolmogorovSmirnov(shifted, normalCdf)).toBeGreaterThan(ksLimit);
  });

  it('uniform, exponential, gumbel and truncated normal follow their distribution functions', () => {
    const key = random.key(3);
    const inRange = random.uniform(key, n, { low: -2, high: 6 });
    expect(kolmogorovSmirnov(inRange, (x) => (x + 2) / 8)).toBeLessThan(ksLimit);
    expect(kolmogorovSmirnov(random.exponential(key, n), (x) => 1 - Math.exp(-x))).toBeLessThan(ksLimit);
    expect(kolmogorovSmirnov(random.gumbel(key, n), (x) => Math.exp(-Math.exp(-x)))).toBeLessThan(ksLimit);
    const [low, high] = [normalCdf(-0.5), normalCdf(2.5)];
    const truncated = random.truncatedNormal(key, n, { low: -0.5, high: 2.5 });
    expect(kolmogorovSmirnov(truncated, (x) => (normalCdf(x) - low) / (high - low))).toBeLessThan(ksLimit);
    expect(truncated.every((x) => x > -0.5 && x < 2.5)).toBe(true);
  });

  it('draws of split keys, and neighbouring draws of one key, are uncorrelated', () => {
    const [a, b] = random.split(random.key(5)).map((key) => random.normal(key, n));
    const correlation = (x: Float32Array, y: Float32Array): number =>
      Math.sqrt(n) *
      moment(
        x.map((value, i) => value * y[i]!),
        1,
      );
    expect(Math.abs(correlation(a!, b!))).toBeLessThan(4);
    expect(Math.abs(correlation(a!, Float32Array.of(...a!.subarray(1), 0)))).toBeLessThan(4);
  });

  it('permutations of 4 are equally likely', () => {
    const orders = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(random.foldIn(random.key(6), i), 4).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect(orders.size).toBe(24);
    // chi-square with 23 degrees of freedom passes 49.7 with probability 0.1 %
    expect(chiSquare([...orders.values()])).toBeLessThan(49.7);
  });

  it('randint and categorical hit each value as often as they should', () => {
    const counts = new Array<number>(7).fill(0);
    for (const value of random.randint(random.key(7), 70_000, { low: -3, high: 4 })) counts[value + 3]!++;
    // 6 degrees of freedom: 22.5 at 0.1 %
    expect(chiSquare(counts)).toBeLessThan(22.5);
    const odds = [0.1, 0.2, 0.7];
    const chosen = random.categorical(random.key(8), [...odds.map(Math.log), Number.NEGATIVE_INFINITY], {
      draws: n,
    });
    const found = [0, 1, 2, 3].map((k) => chosen.filter((x) => x === k).length / n);
    odds.forEach((p, k) => expect(Math.abs(found[k]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n)));
    expect(found[3]).toBe(0);
    const ones = random.bernoulli(random.key(9), n, { probability: 0.25 }).reduce((sum, x) => sum + x, 0);
    expect(Math.abs(ones / n - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / n));
  });
});
