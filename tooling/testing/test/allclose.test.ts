import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { compareNumbers } from '../src';

describe('toBeAllclose', () => {
  test('takes tensors, typed arrays, Array64 and nested arrays', () => {
    const x = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const nested = [
      [1, 2],
      [3, 4],
    ];
    expect(x).toBeAllclose(nested);
    expect(nested).toBeAllclose(x);
    expect(x).toBeAllclose(new Float64Array([1, 2, 3, 4]));
    expect({ shape: [2, 2], data: new Float64Array([1, 2, 3, 4]) }).toBeAllclose(x);
    expect(new BigInt64Array([1n, 2n])).toBeAllclose([1, 2]);
    expect(0.1 + 0.2).toBeAllclose(0.3);
    x.dispose();
  });

  test('names the first mismatch by its position', () => {
    const { pass, detail } = compareNumbers(
      [
        [1, 2, 3],
        [4, 5.5, 7],
      ],
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    );
    expect(pass).toBe(false);
    expect(detail).toContain('2 of 6 numbers');
    expect(detail).toContain('first at [1,1]: received 5.5, expected 5, difference 5.000e-1');
    expect(detail).toContain('largest difference 1.000e+0');
  });

  test('fails when it should', () => {
    const fails = (received: any, expected: any, options = {}) => {
      expect(() => expect(received).toBeAllclose(expected, options)).toThrow(/toBeAllclose/);
    };
    fails([1], [1.001]);
    fails([1, 2], [1]);
    fails([[1, 2]], [[1], [2]]);
    fails([Number.NaN], [1]);
    fails([1], [Number.NaN]);
    fails([Number.NaN], [Number.NaN]);
    fails([1], [Number.POSITIVE_INFINITY]);
    fails([Number.NEGATIVE_INFINITY], [Number.POSITIVE_INFINITY]);
    fails([], [0]);
    expect(() => expect([[1], [1, 2]]).toBeAllclose([1])).toThrow(/ragged/);
    expect(() => expect('text').toBeAllclose([1])).toThrow(/not numbers/);
    expect([1]).not.toBeAllclose([2]);
  });

  // numpy.allclose(a, b): |a - b| <= atol + rtol |b|, not symmetric in a and b.
  test('has numpy.allclose semantics', () => {
    expect(compareNumbers([10], [11], { rtol: 0.1, atol: 0 }).pass).toBe(true);
    expect(compareNumbers([11.05], [10], { rtol: 0.1, atol: 0 }).pass).toBe(false);
    expect(compareNumbers([1e-9], [0], { atol: 1e-8 }).pass).toBe(true);
    expect(compareNumbers([Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]).pass).toBe(true);
    expect(compareNumbers([Number.NaN], [Number.NaN], { equalNaN: true }).pass).toBe(true);
  });
});
