import { fc, test } from '@fast-check/vitest';
import { key } from '@lab/tensor-core/random';
import { describe, expect } from 'vitest';
import { bootstrapInterval, pairedDifference, studentQuantile, summarize } from '../src/index';

describe('studentQuantile', () => {
  // scipy 1.17.1: stats.t.ppf(probability, degrees)
  test.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749462],
    [0.975, 4, 2.7764451051977934],
    [0.975, 9, 2.262157162798205],
    [0.975, 29, 2.045229642132703],
    [0.975, 1000, 1.9623390808264083],
    [0.995, 3, 5.840909309733355],
    [0.9, 2.5, 1.7302509288071766],
    [0.6, 7, 0.2631668613520229],
    [0.9999, 5, 9.677566300882814],
    [0.025, 4, -2.7764451051977943],
  ])('%d with %d degrees of freedom', (probability, degrees, expected) => {
    expect(Math.abs(studentQuantile(probability, degrees) / expected - 1)).toBeLessThan(1e-12);
  });

  test('refuses what is no probability', () => {
    expect(() => studentQuantile(1, 3)).toThrow(/no such quantile/);
    expect(() => studentQuantile(0.5, 0)).toThrow(/no such quantile/);
  });
});

describe('summarize', () => {
  const values = [2.1, 3.4, 1.9, 5.6, 4.4];

  // scipy 1.17.1: stats.t.interval(level, 4, loc=mean, scale=stats.sem(values))
  test.each([
    [0.95, 1.5416515396944317, 5.418348460305568],
    [0.9, 1.9916716595089115, 4.9683283404910865],
  ])('interval at level %d', (level, low, high) => {
    const summary = summarize(values, { level });
    expect(summary.n).toBe(5);
    expect(summary.mean).toBeCloseTo(3.48, 12);
    expect(summary.low).toBeCloseTo(low, 11);
    expect(summary.high).toBeCloseTo(high, 11);
  });

  test('one value has a mean and the whole line as interval', () => {
    expect(summarize([7])).toEqual({ mean: 7, low: -Infinity, high: Infinity, n: 1 });
  });

  test('refuses no values and values that are not finite, by their place', () => {
    expect(() => summarize([])).toThrow(/no values/);
    expect(() => summarize([1, NaN])).toThrow(/values\[1\]/);
  });

  const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 30 });

  test.prop([
    numbers,
    fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    fc.double({ min: 0.01, max: 100, noNaN: true }),
  ])('moves and stretches with the values', (sample, shift, scale) => {
    const before = summarize(sample);
    const after = summarize(sample.map((value) => value * scale + shift));
    const unit = 1e-9 * (1 + Math.max(...sample.map(Math.abs)) * scale + Math.abs(shift));
    for (const side of ['mean', 'low', 'high'] as const)
      expect(Math.abs(after[side] - (before[side] * scale + shift))).toBeLessThan(unit);
    expect(after.low).toBeLessThanOrEqual(after.mean);
    expect(after.mean).toBeLessThanOrEqual(after.high);
  });

  test.prop([numbers])('does not depend on the order', (sample) => {
    const forth = summarize(sample);
    const back = summarize([...sample].reverse());
    expect(Math.abs(forth.mean - back.mean)).toBeLessThan(1e-8);
    expect(Math.abs(forth.high - back.high)).toBeLessThan(1e-8 * (1 + Math.abs(forth.high)));
  });
});

test('pairedDifference is the interval of the paired t test', () => {
  // scipy 1.17.1: stats.ttest_rel(a, b).confidence_interval(0.95)
  const difference = pairedDifference([1.2, 2.3, 3.1, 4.8], [1.0, 2.5, 2.2, 4.1]);
  expect(difference.mean).toBeCloseTo(0.4, 12);
  expect(difference.low).toBeCloseTo(-0.39028970002832425, 12);
  expect(difference.high).toBeCloseTo(1.1902897000283241, 12);
  expect(() => pairedDifference([1], [1, 2])).toThrow(/one b for each a/);
});

describe('bootstrapInterval', () => {
  const mean = (sample: readonly number[]): number => sample.reduce((a, b) => a + b, 0) / sample.length;

  test('of two values: resampled means are 0, 1/2, 1 with chances 1/4, 1/2, 1/4', () => {
    const at = (level: number) => bootstrapInterval([0, 1], { key: key(1), statistic: mean, level });
    expect(at(0.4)).toEqual({ mean: 0.5, low: 0.5, high: 0.5, n: 2 });
    expect(at(0.6)).toEqual({ mean: 0.5, low: 0, high: 1, n: 2 });
  });

  test('of a mean: near the normal interval, mean +- 1.96 sigma / sqrt(n)', () => {
    // 0..99: sigma = sqrt((100^2 - 1) / 12), half width 1.96 * 28.866 / 10 = 5.658.
    const values = Array.from({ length: 100 }, (_, i) => i);
    const { low, high } = bootstrapInterval(values, { key: key(0), statistic: mean });
    expect(Math.abs(low - (49.5 - 5.658))).toBeLessThan(0.4);
    expect(Math.abs(high - (49.5 + 5.658))).toBeLessThan(0.4);
  });

  test('is the same for the same key and another for another', () => {
    const of = (seed: number) =>
      bootstrapInterval([3, 1, 4, 1, 5, 9, 2.5], { key: key(seed), statistic: mean, resamples: 200 });
    expect(of(0)).toEqual(of(0));
    expect(of(0)).not.toEqual(of(1));
  });
});
