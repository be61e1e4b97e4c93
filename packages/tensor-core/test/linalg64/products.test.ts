import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isLabError } from '../../src/errors';
import { array64, gram, matmul, matmulTransposed, transpose, type Array64 } from '../../src/linalg64';
import { key, normal64 } from '../../src/random';

const sizes = fc.record({
  rows: fc.integer({ min: 0, max: 11 }),
  columns: fc.integer({ min: 0, max: 11 }),
  // Rows are gone through in stretches of 512
  inner: fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 505, max: 1100 })),
  seed: fc.nat(),
});

const drawn = (seed: number, rows: number, columns: number): Array64 =>
  array64([rows, columns], normal64(key(seed), rows * columns));

/** The definition, one sum at a time. */
function plain(a: Array64, b: Array64): number[] {
  const [rows, inner, columns] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  return Array.from({ length: rows * columns }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum += a.data[Math.floor(at / columns) * inner + k]! * b.data[k * columns + (at % columns)]!;
    return sum;
  });
}

describe('matrix products', () => {
  test.prop([sizes])('are the sums of the definition, bit for bit', ({ rows, columns, inner, seed }) => {
    const [a, b] = [drawn(seed, rows, inner), drawn(seed + 1, inner, columns)];
    const expected = plain(a, b);
    expect([...matmul(a, b).data]).toEqual(expected);
    const product = matmulTransposed(a, transpose(b));
    expect(product.shape).toEqual([rows, columns]);
    expect([...product.data]).toEqual(expected);
  });

  test.prop([sizes])('gram is A A^T and symmetric to the bit', ({ rows, inner, seed }) => {
    const a = drawn(seed, rows, inner);
    const found = gram(a);
    expect([...found.data]).toEqual(plain(a, transpose(a)));
    expect([...transpose(found).data]).toEqual([...found.data]);
  });

  it('refuses rows of different lengths', () => {
    const wrong = (): Array64 => matmulTransposed(drawn(0, 2, 3), drawn(1, 2, 4));
    expect(wrong).toThrow(expect.toSatisfy((error) => isLabError(error) && error.code === 'shape'));
  });
});
