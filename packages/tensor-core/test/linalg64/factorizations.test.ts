import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import {
  array64,
  cholesky,
  diagonal,
  fromRows,
  matmul,
  norm,
  pivotedCholesky,
  pivotedQr,
  qr,
  rank,
  sqrtSymmetric,
  svd,
  symmetricEigen,
  toRows,
  transpose,
  type Array64,
} from '../../src/linalg64';
import { distance, hilbert, largest, matrices, semidefinite, skewness, symmetric } from './matrices';

const rounding = 1e-13;

function columns(a: Array64, order: ArrayLike<number>): Array64 {
  return fromRows(toRows(a).map((row) => Array.from(order, (j) => row[j]!)));
}

/** The second difference operator: eigenvalues 2 - 2 cos(k pi / (n + 1)), eigenvectors sin(i k pi / (n + 1)). */
function secondDifference(n: number): Array64 {
  return array64(
    [n, n],
    Array.from({ length: n * n }, (_, at) => [2, -1][Math.abs(Math.floor(at / n) - (at % n))] ?? 0),
  );
}

describe('qr', () => {
  test.prop([matrices])('A = QR with orthonormal Q and triangular R, its diagonal not negative', (a) => {
    const { q, r } = qr(a);
    const [m, n] = a.shape as [number, number];
    expect(q.shape).toEqual([m, Math.min(m, n)]);
    expect(r.shape).toEqual([Math.min(m, n), n]);
    expect(distance(matmul(q, r), a)).toBeLessThan(rounding);
    expect(skewness(q)).toBeLessThan(rounding);
    toRows(r).forEach((row, i) => {
      expect(row.slice(0, i).every((value) => value === 0)).toBe(true);
      expect(row[i]).toBeGreaterThanOrEqual(0);
    });
  });

  test.prop([matrices])(
    'pivoted: A[:, p] = QR with a falling diagonal and the rank of the singular values',
    (a) => {
      const { q, r, permutation, rank: found } = pivotedQr(a, { tolerance: 1e-11 });
      if (a.shape[0]! > 0) expect(distance(matmul(q, r), columns(a, permutation))).toBeLessThan(rounding);
      expect(skewness(q)).toBeLessThan(rounding);
      expect([...permutation].sort((x, y) => x - y)).toEqual([...permutation.keys()]);
      const steps = toRows(r).map((row, i) => row[i]!);
      steps
        .slice(1)
        .forEach((value, i) => expect(value).toBeLessThanOrEqual(steps[i]! * (1 + 1e-12) + 1e-300));
      // the two measures of rank may part where singular values lie between the tolerances
      const s = svd(a).s;
      if (s.every((value) => value > 1e-9 * s[0]! || value < 1e-13 * s[0]!))
        expect(found).toBe(rank(a, { tolerance: 1e-11 }));
    },
  );

  it('known values: a 3-4-5 column', () => {
    const { q, r } = qr(fromRows([[3], [4]]));
    expect(distance(q, fromRows([[0.6], [0.8]]))).toBeLessThan(1e-15);
    expect(r.data[0]).toBeCloseTo(5, 14);
  });
});

describe('svd', () => {
  test.prop([matrices])('A = U S V^T with orthonormal U and V, also where A has no full rank', (a) => {
    const { u, s, v } = svd(a);
    expect(distance(matmul(matmul(u, diagonal(s)), transpose(v)), a)).toBeLessThan(rounding);
    expect(skewness(u)).toBeLessThan(rounding);
    expect(skewness(v)).toBeLessThan(rounding);
    s.forEach((value, i) => expect(value >= 0 && value <= (s[i - 1] ?? Infinity)).toBe(true));
    // the sum of the squares of the singular values is that of the entries
    expect(Math.abs(norm(array64([s.length], s)) - norm(a))).toBeLessThanOrEqual(rounding * norm(a));
  });

  test.prop([matrices, fc.constantFrom(1e-300, 1e-160, 1e150, 1e300)])('works at any scale', (a, scale) => {
    const big = array64(
      a.shape,
      a.data.map((value) => (Math.abs(value) < 1e-7 ? 0 : value * scale)),
    );
    const { u, s, v } = svd(big);
    const restored = matmul(matmul(u, diagonal(s.map((value) => value / scale))), transpose(v));
    expect(
      distance(
        restored,
        array64(
          a.shape,
          big.data.map((value) => value / scale),
        ),
      ),
    ).toBeLessThan(rounding);
    const { q, r } = qr(big);
    expect(distance(matmul(q, r), big)).toBeLessThan(rounding);
  });

  it('known values: a golden-ratio matrix, and the Hilbert matrix of 5', () => {
    const golden = (1 + Math.sqrt(5)) / 2;
    const { s } = svd(
      fromRows([
        [1, 1],
        [0, 1],
      ]),
    );
    expect(s[0]).toBeCloseTo(golden, 14);
    expect(s[1]).toBeCloseTo(1 / golden, 14);
    // condition number 476607.25024 (Todd, "The condition of the finite segments of the Hilbert matrix", 1954)
    const h = svd(hilbert(5)).s;
    expect(h[0]! / h[4]!).toBeCloseTo(476607.25024, 4);
  });

  it('rank counts independent columns', () => {
    expect(
      rank(
        fromRows([
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ]),
      ),
    ).toBe(2);
    // as numpy.linalg.matrix_rank
    expect(rank(hilbert(12))).toBe(11);
    expect(rank(hilbert(12), { tolerance: 1e-6 })).toBe(6);
    expect(rank(array64([3, 2], new Float64Array(6)))).toBe(0);
    expect(rank(array64([0, 4], []))).toBe(0);
  });
});

describe('symmetricEigen', () => {
  test.prop([symmetric])('A = V diag(values) V^T, values rising', (a) => {
    const { values, vectors } = symmetricEigen(a);
    expect(distance(matmul(matmul(vectors, diagonal(values)), transpose(vectors)), a)).toBeLessThan(rounding);
    expect(skewness(vectors)).toBeLessThan(rounding);
    values.forEach((value, i) => expect(value).toBeGreaterThanOrEqual(values[i - 1] ?? -Infinity));
  });

  it('known values: the second difference operator', () => {
    const n = 20;
    symmetricEigen(secondDifference(n)).values.forEach((value, k) => {
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 13);
    });
  });

  it('refuses a matrix that is not symmetric', () => {
    expect(() =>
      symmetricEigen(
        fromRows([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).toThrow(/not symmetric; received: 2 at \[0,1\], 3 at \[1,0\]/);
  });

  test.prop([semidefinite])('sqrtSymmetric: S is symmetric and S S = A', (a) => {
    const root = sqrtSymmetric(a);
    expect(distance(matmul(root, root), a)).toBeLessThan(1e-12);
    expect(distance(root, transpose(root))).toBeLessThan(rounding);
  });

  it('sqrtSymmetric: known value, and a negative eigenvalue', () => {
    // [[5, 4], [4, 5]] = [[2, 1], [1, 2]]^2
    expect(
      distance(
        sqrtSymmetric(
          fromRows([
            [5, 4],
            [4, 5],
          ]),
        ),
        fromRows([
          [2, 1],
          [1, 2],
        ]),
      ),
    ).toBeLessThan(1e-14);
    expect(() =>
      sqrtSymmetric(
        fromRows([
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toThrow(/not positive semi-definite; received: eigenvalue -0\.9999/);
  });
});

describe('cholesky', () => {
  test.prop([semidefinite])('A + I = L L^T', (a) => {
    const n = a.shape[0]!;
    const definite = array64(
      a.shape,
      a.data.map((value, i) => value + (i % (n + 1) === 0 ? 1 : 0)),
    );
    const l = cholesky(definite);
    expect(distance(matmul(l, transpose(l)), definite)).toBeLessThan(rounding);
    toRows(l).forEach((row, i) => expect(row.slice(i + 1).every((value) => value === 0)).toBe(true));
  });

  it('known value: the Pascal matrix is the product of its triangle', () => {
    const triangle = fromRows([
      [1, 0, 0, 0],
      [1, 1, 0, 0],
      [1, 2, 1, 0],
      [1, 3, 3, 1],
    ]);
    expect(distance(cholesky(matmul(triangle, transpose(triangle))), triangle)).toBe(0);
  });

  it('refuses what is not positive definite, naming the pivot', () => {
    expect(() =>
      cholesky(
        fromRows([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toThrow(/not positive definite; received: pivot -3 at 1 of 2; hint: use pivotedCholesky/);
    expect(() => cholesky(array64([1, 1], [0]))).toThrow(/pivot 0 at 0 of 1/);
  });

  test.prop([semidefinite])('pivoted: A = F F^T with as many columns as the rank', (a) => {
    const { factor, rank: found, permutation } = pivotedCholesky(a, { tolerance: 1e-12 });
    expect(factor.shape).toEqual([a.shape[0], found]);
    expect(distance(matmul(factor, transpose(factor)), a)).toBeLessThan(1e-10);
    const ordered = Array.from(permutation, (row) => toRows(factor)[row]!);
    ordered.forEach((row, i) => expect(row.slice(i + 1).every((value) => value === 0)).toBe(true));
    const values = symmetricEigen(a).values;
    const most = largest(array64([values.length], values));
    if (values.every((value) => value > 1e-8 * most || Math.abs(value) < 1e-14 * most))
      expect(found).toBe(values.filter((value) => value > 1e-8 * most).length);
  });

  it('pivoted: refuses an indefinite matrix, also one with a zero diagonal', () => {
    expect(() =>
      pivotedCholesky(
        fromRows([
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toThrow(/not positive semi-definite; received: 1 remains at \[0,1\]/);
    expect(() =>
      pivotedCholesky(
        fromRows([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toThrow(/-3 remains at \[1,1\]/);
    expect(() => pivotedCholesky(array64([1, 1], [-1]))).toThrow(/-1 remains/);
  });
});
