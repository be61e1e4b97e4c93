import {
  engine,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  normalInit,
  onesInit,
  orthogonal,
  tf,
  truncatedInit,
  uniformInit,
  zerosInit,
  type Initializer,
} from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

function drawn(init: Initializer, shape: number[], seed = 0): Float32Array {
  return tf.tidy(() => init(key(seed), shape).dataSync() as Float32Array).slice();
}
const stddev = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, each) => sum + each * each, 0) / values.length);

// Variances as the papers give them, for a matrix [100, 400] and a kernel [3, 3, 20, 50] with 180 inputs and 450 outputs;
// the sample deviation itself deviates by 0.35% over 40,000 draws and 0.75% over 9,000.
test.each<[string, Initializer, matrix: number, kernel: number]>([
  ['lecunNormal', lecunNormal, 1 / 100, 1 / 180],
  ['lecunUniform', lecunUniform, 1 / 100, 1 / 180],
  ['glorotNormal', glorotNormal, 2 / 500, 2 / 630],
  ['glorotUniform', glorotUniform, 2 / 500, 2 / 630],
  ['heNormal', heNormal, 2 / 100, 2 / 180],
  ['heUniform', heUniform, 2 / 100, 2 / 180],
  ['normalInit', normalInit(0.3), 0.09, 0.09],
  ['uniformInit', uniformInit(0.3), 0.03, 0.03],
  // Variance of a normal cut at two deviations: 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737413
  ['truncatedInit', truncatedInit(0.3), 0.09 * 0.7737413, 0.09 * 0.7737413],
])('%s has its variance', (_, init, matrix, kernel) => {
  expect(Math.abs(stddev(drawn(init, [100, 400])) / Math.sqrt(matrix) - 1)).toBeLessThan(0.02);
  expect(Math.abs(stddev(drawn(init, [3, 3, 20, 50])) / Math.sqrt(kernel) - 1)).toBeLessThan(0.04);
  expect(drawn(init, [4, 4], 1)).toEqual(drawn(init, [4, 4], 1));
  expect(drawn(init, [4, 4], 1)).not.toEqual(drawn(init, [4, 4], 2));
});

test('laws of bounded support keep to it', () => {
  expect(Math.max(...drawn(uniformInit(0.3), [100, 100]).map(Math.abs))).toBeLessThanOrEqual(
    Math.fround(0.3),
  );
  expect(Math.max(...drawn(truncatedInit(0.3), [100, 100]).map(Math.abs))).toBeLessThanOrEqual(
    Math.fround(0.6),
  );
  expect(drawn(zerosInit, [3])).toEqual(Float32Array.of(0, 0, 0));
  expect(drawn(onesInit, [2])).toEqual(Float32Array.of(1, 1));
});

describe('orthogonal', () => {
  test.each([
    [8, 5],
    [5, 8],
    [6, 6],
  ])('[%i, %i]: the shorter side is orthonormal', (rows, columns) => {
    tf.tidy(() => {
      const q = orthogonal(2)(key(3), [rows, columns]);
      const gram = rows >= columns ? tf.matMul(q, q, true, false) : tf.matMul(q, q, false, true);
      const n = Math.min(rows, columns);
      tf.mul(tf.eye(n), 4)
        .dataSync()
        .forEach((value, i) => {
          expect(gram.dataSync()[i]).toBeCloseTo(value, 5);
        });
    });
  });

  test('determinants of both signs are drawn: the sign of a 1 x 1 matrix is a coin', () => {
    const signs = Array.from({ length: 40 }, (_, seed) => drawn(orthogonal(), [1, 1], seed)[0]);
    expect(new Set(signs)).toEqual(new Set([1, -1]));
  });

  test('a kernel counts as a matrix of places and inputs by outputs; a vector is refused', () => {
    tf.tidy(() => {
      expect(orthogonal()(key(0), [3, 2, 4]).shape).toEqual([3, 2, 4]);
    });
    expect(() => orthogonal()(key(0), [3])).toThrow(/orthogonal: a matrix is needed.*\[3\]/);
  });
});
