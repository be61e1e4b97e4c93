import { fc, test as property } from '@fast-check/vitest';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import { frechetBetween, frechetDistance } from '../../src/metrics';

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

describe('frechetBetween', () => {
  afterEach(() => vi.restoreAllMocks());
  const first = fromRows([
    [0, 1],
    [2, 0],
    [1, 3],
    [4, 2],
  ]);
  const second = fromRows([
    [1, 1],
    [0, 2],
    [3, 3],
    [2, -1],
    [5, 0],
  ]);

  // numpy 2.4: |m1 - m2|^2 + trace(S1 + S2) - 2 sum(sqrt(eigvals(S1 @ S2))) with S = cov(x.T).
  test('of four and five points', () => {
    expect(frechetBetween(first, second)).toBeCloseTo(0.715717876949033, 12);
    expect(frechetBetween({ ...first, shape: [4, 1, 2] }, second)).toBeCloseTo(0.715717876949033, 12);
  });

  // {0, 2} has mean 1 and variance 2, {1, 5} mean 3 and variance 8.
  test('of two numbers each, by hand', () => {
    expect(frechetBetween(fromRows([[0], [2]]), fromRows([[1], [5]]))).toBeCloseTo(4 + 2, 12);
  });

  property.prop([fc.double({ min: -3, max: 3, noNaN: true })])(
    'of a set and itself moved is the way squared',
    (by) => {
      const moved = { ...first, data: first.data.map((value) => value + by) };
      expect(frechetBetween(first, moved)).toBeCloseTo(2 * by ** 2, 8);
    },
  );

  test('says once that too few samples are biased, and is silent with enough', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const draw = (seed: number, count: number) => ({
      shape: [count, 7],
      data: normal64(key(seed), [count, 7]),
    });
    frechetBetween(draw(1, 8), draw(2, 8));
    expect(warned).not.toHaveBeenCalled();
    const few = frechetBetween(draw(1, 7), draw(2, 60));
    frechetBetween(draw(1, 7), draw(2, 60));
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned).toHaveBeenCalledWith(
      expect.stringMatching(/7 samples of 7 numbers each is biased upward.*kernelDistance/),
      expect.objectContaining({ code: 'LAB_FRECHET' }),
    );
    // Both sets are of one law, whose distance is 0.
    expect(few).toBeGreaterThan(frechetBetween(draw(1, 600), draw(2, 600)));
  });

  test('refuses a single sample', () => {
    expect(() => frechetBetween(first, fromRows([[1, 2]]))).toThrow(/at least two samples/);
  });
});
