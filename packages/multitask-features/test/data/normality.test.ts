import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { key, normal64, uniform64 } from '@lab/tensor-core/random';
import { normalityReport } from '../../src';

describe('normalityReport', () => {
  test('moments of four points by hand', () => {
    // 0, 0, 0, 4: mean 1, variance 3, third moment 6, fourth 21.
    const x = { shape: [4, 1], data: Float64Array.of(0, 0, 0, 4) };
    const { skewness, excessKurtosis, mardia, condition } = normalityReport(x);
    expect(skewness[0]).toBeCloseTo(6 / 3 ** 1.5, 12);
    expect(excessKurtosis[0]).toBeCloseTo(21 / 9 - 3, 12);
    // In one dimension Mardia's is the fourth standardised moment itself.
    expect(mardia.kurtosis).toBeCloseTo(21 / 9, 9);
    expect(condition).toBe(1);
  });

  test('says nothing of Gaussian rows, whose kurtosis is d (d + 2) within its standard error', () => {
    const x = { shape: [5000, 6], data: normal64(key(1), 30_000) };
    const { mardia, warnings } = normalityReport(x);
    expect(Math.abs(mardia.z)).toBeLessThan(4);
    expect(mardia.kurtosis).toBeCloseTo(48 + mardia.z * Math.sqrt((8 * 48) / 5000), 9);
    expect(warnings).toEqual([]);
  });

  test('names heavy tails, odd columns and correlation', () => {
    const n = 4000;
    const z = normal64(key(2), 2 * n);
    const u = uniform64(key(3), n);
    const data = new Float64Array(3 * n);
    for (let i = 0; i < n; i++) {
      data[3 * i] = z[2 * i]!;
      data[3 * i + 1] = z[2 * i]! + 0.01 * z[2 * i + 1]!;
      // The exponential law has skewness 2 and excess kurtosis 6.
      data[3 * i + 2] = -Math.log(1 - u[i]!);
    }
    const { warnings, excessKurtosis } = normalityReport({ shape: [n, 3], data });
    expect(Math.abs(excessKurtosis[2]! - 6)).toBeLessThan(2);
    expect(warnings.join('; ')).toMatch(/first: column 2.*condition/);
  });

  test('needs more rows than columns, and no constant ones', () => {
    expect(() => normalityReport({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 5) })).toThrow(/more rows/);
    expect(() => normalityReport({ shape: [3, 1], data: Float64Array.of(1, 1, 1) })).toThrow(/constant/);
  });
});
