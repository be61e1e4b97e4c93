import { fc, test as property } from '@fast-check/vitest';
import { key, normal } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import {
  dtw,
  forecastError,
  frechetBetween,
  frechetDistance,
  imputationError,
  momentsOf,
  ssim,
  violationSummary,
} from '../../src';

const law = (mean: number[], covariance: number[]) => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

describe('Frechet distance', () => {
  test('two correlated normal laws', () => {
    const distance = frechetDistance(law([1, -1], [2, 0.5, 0.5, 1]), law([0, 0], [1, -0.3, -0.3, 2]));
    expect(distance).toBeCloseTo(2.5754259, 7);
    // The root's trace, from the same definition: 2 + 3 + 3 - 2 * 2.7122871.
    expect((2 + 3 + 3 - distance) / 2).toBeCloseTo(2.7122871, 7);
  });

  property.prop([
    fc.double({ min: -3, max: 3, noNaN: true }),
    fc.double({ min: 0.1, max: 3, noNaN: true }),
    fc.double({ min: 0.1, max: 3, noNaN: true }),
  ])('in one dimension it is (m1 - m2)^2 + (s1 - s2)^2', (mean, s1, s2) => {
    const distance = frechetDistance(law([mean], [s1 * s1]), law([0], [s2 * s2]));
    expect(distance).toBeCloseTo(mean ** 2 + (s1 - s2) ** 2, 9);
  });

  test('it is 0 between equal samples and symmetric between others', () => {
    const draw = (seed: number) => ({ shape: [40, 6, 1], data: Float64Array.from(normal(key(seed), 240)) });
    expect(frechetBetween(draw(1), draw(1))).toBeLessThan(1e-9);
    expect(frechetBetween(draw(1), draw(2))).toBeCloseTo(frechetBetween(draw(2), draw(1)), 9);
  });

  test('moments of two points are their midpoint and half their squared difference', () => {
    const { mean, covariance } = momentsOf({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 6) });
    expect([...mean]).toEqual([2, 4]);
    expect([...covariance]).toEqual([2, 4, 4, 8]);
    expect(() => momentsOf({ shape: [1, 2], data: Float64Array.of(1, 2) })).toThrow('at least two samples');
  });
});

describe('dynamic time warping', () => {
  test.each([
    [[0, 1, 2], [0, 2, 2], 1],
    [[0, 0, 1, 2, 1], [0, 1, 2, 1, 1], 0],
    [[0, 1, 0], [1, 0, 1], 1.4142136],
  ])('%j and %j', (a, b, expected) => {
    expect(dtw(a, b)).toBeCloseTo(expected, 7);
  });

  const series = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 12 });

  property.prop([series, series])('equals the minimum over all alignments, found by recursion', (a, b) => {
    const cache = new Map<number, number>();
    const least = (i: number, j: number): number => {
      if (i < 0 && j < 0) return 0;
      if (i < 0 || j < 0) return Infinity;
      const at = i * 100 + j;
      if (!cache.has(at))
        cache.set(at, (a[i]! - b[j]!) ** 2 + Math.min(least(i - 1, j), least(i, j - 1), least(i - 1, j - 1)));
      return cache.get(at)!;
    };
    expect(dtw(a, b)).toBeCloseTo(Math.sqrt(least(a.length - 1, b.length - 1)), 9);
  });

  property.prop([series])('a band of 0 is the Euclidean distance; no band is never longer', (a) => {
    const b = [...a].reverse();
    const euclidean = Math.hypot(...a.map((value, i) => value - b[i]!));
    expect(dtw(a, b, { band: 0 })).toBeCloseTo(euclidean, 9);
    expect(dtw(a, b)).toBeLessThanOrEqual(euclidean + 1e-12);
  });

  test('channels are warped together', () => {
    // Alone, each channel aligns without cost; together they cannot.
    expect(dtw([0, 1, 1, 1], [0, 0, 1, 0], { channels: 2 })).toBeGreaterThan(0);
    expect(() => dtw([1, 2, 3], [1, 2], { channels: 2 })).toThrow('[length, channels]');
  });
});

describe('structural similarity', () => {
  test('with itself and with its reverse', () => {
    expect(ssim([0, 1, 2, 3], [0, 1, 2, 3], { range: 3 })).toBeCloseTo(1, 12);
    expect(ssim([0, 1, 2, 3], [3, 2, 1, 0], { range: 3 })).toBeCloseTo(-0.9935409, 7);
  });
  test('refuses a range that is not positive', () => {
    expect(() => ssim([1], [1], { range: 0 })).toThrow('range is positive');
  });
});

describe('train on synthetic, test on real', () => {
  /** x_t = 0.8 x_{t-1} + noise of variance 0.36: no one-step forecast has an error below 0.36. */
  const autoregressive = (seed: number, count: number, factor = 0.8) => {
    const noise = normal(key(seed), [count, 60]);
    const data = new Float64Array(count * 40);
    for (let n = 0; n < count; n++) {
      let x = 0;
      for (let t = 0; t < 60; t++) {
        x = factor * x + 0.6 * noise[n * 60 + t]!;
        if (t >= 20) data[n * 40 + t - 20] = x;
      }
    }
    return { shape: [count, 40, 1], data };
  };

  test('reaches the innovation variance from series of the same law, and not from others', () => {
    const real = autoregressive(2, 300);
    expect(forecastError(autoregressive(1, 300), real)).toBeCloseTo(0.36, 1);
    expect(forecastError(autoregressive(1, 300, -0.8), real)).toBeGreaterThan(1);
  });

  test('imputation reaches the conditional variance of an autoregression', () => {
    const real = autoregressive(2, 600);
    const error = imputationError(autoregressive(1, 600), real, { key: key(3), hidden: 0.05, patterns: 8 });
    // With both neighbours seen, the variance is 0.36 / (1 + 0.8^2) = 0.2195.
    expect(error).toBeGreaterThan(0.19);
    expect(error).toBeLessThan(0.28);
    const unrelated = { shape: [600, 40, 1], data: Float64Array.from(normal(key(9), 24000)) };
    expect(imputationError(unrelated, real, { key: key(3), hidden: 0.05, patterns: 8 })).toBeGreaterThan(0.6);
  });
});

describe('violations', () => {
  test('rate, mean and worst', () => {
    const { rate, mean, worst } = violationSummary([0, 0.005, 0.5, 1.495]);
    expect({ rate, worst }).toEqual({ rate: 0.5, worst: 1.495 });
    expect(mean).toBeCloseTo(0.5, 12);
    expect(violationSummary([0, NaN])).toMatchObject({ rate: 0.5, worst: NaN });
    expect(violationSummary([])).toEqual({ rate: 0, mean: 0, worst: 0 });
  });
});
