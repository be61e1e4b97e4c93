import { describe, expect, test } from 'vitest';
import { frechetDistance } from '../../src/metrics';

const law = (mean: number[], covariance: number[]) => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

describe('frechetDistance', () => {
  test('diag(1, 4) against diag(4, 1) is 2, N(0, 1) against N(1, 1) is 1', () => {
    expect(frechetDistance(law([0, 0], [1, 0, 0, 4]), law([0, 0], [4, 0, 0, 1]))).toBeCloseTo(2, 12);
    expect(frechetDistance(law([0], [1]), law([1], [1]))).toBeCloseTo(1, 12);
  });

  test('two correlated laws', () => {
    const distance = frechetDistance(law([1, -1], [2, 0.5, 0.5, 1]), law([0, 0], [1, -0.3, -0.3, 2]));
    expect(distance).toBeCloseTo(2.5754259, 7);
  });

  test('refuses laws of two sizes', () => {
    expect(() => frechetDistance(law([0], [1]), law([0, 0], [1, 0, 0, 1]))).toThrow(/one size/);
  });
});
