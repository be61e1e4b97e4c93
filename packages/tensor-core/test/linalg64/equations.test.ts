import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { isLabError } from '../../src/errors';
import { key, normal64 } from '../../src/random';
import * as linalg from '../../src/linalg64';
import { distance, hilbert, largest, matrices, plus, squares } from './matrices';

const { array64, fromRows, identity, matmul, transpose, solve, inverse, logdet, lstsq, pinv, svd } = linalg;

/** Regular, with a condition number that leaves ten digits. */
const regular = squares.filter((a) => {
  const { s } = svd(a);
  return s.every((value) => value > 1e-5 * s[0]!);
});

describe('solve, inverse, logdet', () => {
  test.prop([regular])('A A^-1 = I, and solve agrees', (a) => {
    const n = a.shape[0]!;
    expect(distance(matmul(a, inverse(a)), identity(n))).toBeLessThan(1e-9);
    const x = array64(
      [n],
      Float64Array.from({ length: n }, (_, i) => i - 2),
    );
    const found = solve(a, matmul(a, x));
    expect(found.shape).toEqual([n]);
    expect(distance(found, x)).toBeLessThan(1e-9);
    const two = solve(
      a,
      array64(
        [n, 2],
        Float64Array.from({ length: 2 * n }, (_, i) => Math.sin(i)),
      ),
    );
    expect(two.shape).toEqual([n, 2]);
  });

  test.prop([regular])('the determinant is the product of the singular values, up to its sign', (a) => {
    const expected = svd(a).s.reduce((sum, value) => sum + Math.log(value), 0);
    expect(logdet(a).logAbs).toBeCloseTo(expected, 8);
    const { sign } = logdet(a);
    // det(-A) = (-1)^n det(A)
    expect(
      logdet(
        array64(
          a.shape,
          a.data.map((value) => -value),
        ),
      ).sign,
    ).toBe(sign * (-1) ** a.shape[0]!);
  });

  it.each([50, 200])('a random matrix of %i is regular', (n) => {
    const a = array64([n, n], normal64(key(n), n * n));
    const x = array64([n], normal64(key(n + 1), n));
    // the condition number of such a matrix is about n, rarely a hundred times that
    expect(distance(solve(a, matmul(a, x)), x)).toBeLessThan(1e-9);
  });

  it('known values: Hilbert matrices', () => {
    // the inverse of H_3, whole numbers; det H_4 = 1 / 6048000, det H_5 = 1 / 266716800000
    const inverseOf3 = fromRows([
      [9, -36, 30],
      [-36, 192, -180],
      [30, -180, 180],
    ]);
    expect(distance(inverse(hilbert(3)), inverseOf3)).toBeLessThan(1e-13);
    expect(logdet(hilbert(4)).logAbs).toBeCloseTo(-Math.log(6048000), 10);
    expect(logdet(hilbert(5)).logAbs).toBeCloseTo(-Math.log(266716800000), 9);
    expect(
      logdet(
        fromRows([
          [0, 1],
          [1, 0],
        ]),
      ),
    ).toEqual({ sign: -1, logAbs: 0 });
    expect(
      logdet(
        fromRows([
          [1, 2],
          [2, 4],
        ]),
      ),
    ).toEqual({ sign: 0, logAbs: -Infinity });
    expect(logdet(array64([0, 0], []))).toEqual({ sign: 1, logAbs: 0 });
  });

  it('refuses singular matrices by their own rounding, not by their scale', () => {
    expect(() =>
      solve(
        fromRows([
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ]),
        array64([3], [1, 1, 1]),
      ),
    ).toThrow(/singular to rounding.*hint: use lstsq or pinv/);
    expect(() =>
      inverse(
        fromRows([
          [0.1, 0.3],
          [0.2, 0.6],
        ]),
      ),
    ).toThrow(/inverse: the matrix is singular/);
    expect(() => inverse(array64([2, 2], new Float64Array(4)))).toThrow(/pivot 0 at 0 of 2/);
    // regular, however unequal its rows
    const unequal = fromRows([
      [1, 1],
      [1e-20, 2e-20],
    ]);
    expect(distance(solve(unequal, array64([2], [2, 3e-20])), array64([2], [1, 1]))).toBeLessThan(1e-15);
  });
});

describe('lstsq and pinv', () => {
  test.prop([matrices])('the four Penrose conditions', (a) => {
    const { s } = svd(a);
    fc.pre(s.every((value) => value > 1e-5 * s[0]! || value < 1e-13 * s[0]!));
    const p = pinv(a, { tolerance: 1e-11 });
    expect(p.shape).toEqual([a.shape[1], a.shape[0]]);
    const [ap, pa] = [matmul(a, p), matmul(p, a)];
    expect(distance(matmul(ap, a), a)).toBeLessThan(1e-9);
    expect(distance(matmul(pa, p), p)).toBeLessThan(1e-9);
    expect(distance(ap, transpose(ap), 1)).toBeLessThan(1e-9);
    expect(distance(pa, transpose(pa), 1)).toBeLessThan(1e-9);
  });

  test.prop([matrices])(
    'the residual is orthogonal to the columns, and the solution is the shortest',
    (a) => {
      const { s } = svd(a);
      fc.pre(s.every((value) => value > 1e-5 * s[0]! || value < 1e-13 * s[0]!));
      const [m, n] = a.shape as [number, number];
      const b = array64(
        [m],
        Float64Array.from({ length: m }, (_, i) => Math.cos(3 * i) + 1),
      );
      const { x, rank } = lstsq(a, b, { tolerance: 1e-11 });
      expect(x.shape).toEqual([n]);
      expect(rank).toBe(s.filter((value) => value > 1e-11 * s[0]!).length);
      const residual = plus(matmul(a, x), b, -1);
      expect(largest(matmul(transpose(a), residual))).toBeLessThan(1e-8 * (1 + largest(a)) ** 2);
      // the shortest solution lies in the row space: the projector onto it leaves it as it is
      expect(distance(matmul(matmul(pinv(a, { tolerance: 1e-11 }), a), x), x, 1)).toBeLessThan(1e-8);
    },
  );

  it('known values: a fitted line, and the shortest point of a plane', () => {
    // y = 1, 3, 4, 4 at x = 0, 1, 2, 3: normal equations give intercept 1.5 and slope 1
    const line = lstsq(
      fromRows([
        [1, 0],
        [1, 1],
        [1, 2],
        [1, 3],
      ]),
      array64([4], [1, 3, 4, 4]),
    );
    expect(distance(line.x, array64([2], [1.5, 1]))).toBeLessThan(1e-14);
    expect(line.rank).toBe(2);
    // x + 2 y + 2 z = 9
    const plane = lstsq(fromRows([[1, 2, 2]]), array64([1], [9]));
    expect(distance(plane.x, array64([3], [1, 2, 2]))).toBeLessThan(1e-14);
  });

  it('empty equations have the zero solution', () => {
    expect(lstsq(array64([0, 3], []), array64([0], [])).x).toEqual(array64([3], [0, 0, 0]));
    expect(pinv(array64([2, 0], [])).shape).toEqual([0, 2]);
    expect(solve(array64([0, 0], []), array64([0, 2], [])).shape).toEqual([0, 2]);
  });
});

it('refuses a solution beyond float64', () => {
  const tiny = array64([1, 1], [5e-324]);
  expect(() => inverse(tiny)).toThrow(/inverse: the solution overflows/);
  expect(() => pinv(tiny)).toThrow(/the inverse of the matrix overflows; received: singular value 5e-324/);
});

describe('principalAngles', () => {
  it('known values: lines, planes, tiny and right angles, spaces within one another', () => {
    const line = (angle: number): linalg.Array64 => fromRows([[Math.cos(angle)], [Math.sin(angle)], [0]]);
    expect(linalg.principalAngles(line(0), line(0.3))[0]).toBeCloseTo(0.3, 15);
    expect(linalg.principalAngles(line(0), line(1e-10))[0]! / 1e-10).toBeCloseTo(1, 6);
    expect(linalg.principalAngles(line(0), line(Math.PI / 2))[0]).toBeCloseTo(Math.PI / 2, 15);
    // the planes z = 0 and y = z tan(...) share the x axis and meet at 0.7
    const tilted = fromRows([
      [1, 0],
      [0, Math.cos(0.7)],
      [0, Math.sin(0.7)],
    ]);
    const angles = linalg.principalAngles(
      fromRows([
        [1, 1],
        [1, 2],
        [0, 0],
      ]),
      tilted,
    );
    expect(angles[0]).toBeCloseTo(0, 14);
    expect(angles[1]).toBeCloseTo(0.7, 14);
    expect([...linalg.principalAngles(identity(3), line(1))].length).toBe(1);
    expect(linalg.principalAngles(identity(3), line(1))[0]).toBeCloseTo(0, 15);
    expect(linalg.principalAngles(line(0), array64([3, 1], [0, 0, 0])).length).toBe(0);
  });
});

describe('every function refuses', () => {
  const one = array64([1], [1]);
  const functions: [string, (a: linalg.Array64) => unknown][] = [
    ['qr', linalg.qr],
    ['pivotedQr', linalg.pivotedQr],
    ['svd', svd],
    ['rank', linalg.rank],
    ['symmetricEigen', linalg.symmetricEigen],
    ['sqrtSymmetric', linalg.sqrtSymmetric],
    ['cholesky', linalg.cholesky],
    ['pivotedCholesky', linalg.pivotedCholesky],
    ['solve', (a) => solve(a, one)],
    ['inverse', inverse],
    ['logdet', logdet],
    ['lstsq', (a) => lstsq(a, one)],
    ['pinv', pinv],
    ['transpose', transpose],
    ['matmul', (a) => matmul(a, identity(1))],
    ['principalAngles', (a) => linalg.principalAngles(a, a)],
    ['toRows', linalg.toRows],
  ];
  it.each(functions)('%s: NaN, infinity, an array of rank 3 and a shape that lies', (_, run) => {
    const cases: [linalg.Array64, string][] = [
      [array64([1, 1], [Number.NaN]), 'numeric'],
      [array64([1, 1], [Infinity]), 'numeric'],
      [array64([1, 1, 1], [1]), 'shape'],
      [{ shape: [2, 2], data: new Float64Array(3) }, 'shape'],
    ];
    for (const [matrix, code] of cases) {
      let error: unknown;
      try {
        run(matrix);
      } catch (caught) {
        error = caught;
      }
      expect(isLabError(error) && error.code).toBe(code);
    }
  });

  it.each(functions.filter(([name]) => /symm|chol|solve|inverse|logdet/i.test(name)))(
    '%s: a matrix that is not square',
    (_, run) => {
      expect(() => run(array64([1, 2], [1, 2]))).toThrow(/not a square matrix; received: \[1,2\]/);
    },
  );

  it('sizes that do not fit', () => {
    expect(() => matmul(identity(2), identity(3))).toThrow(
      /inner sizes differ; received: \[\[2,2\],\[3,3\]\]; hint: transpose/,
    );
    expect(() => solve(identity(2), array64([3], [1, 2, 3]))).toThrow(
      /expected: \[2\] or \[2, k\]; received: \[3\]/,
    );
    expect(() => lstsq(identity(2), array64([3], [1, 2, 3]))).toThrow(/does not fit the matrix/);
    expect(() => linalg.principalAngles(identity(2), identity(3))).toThrow(/differ in length/);
    expect(() => fromRows([[1, 2], [3]])).toThrow(/received: 1 values in row 1/);
    expect(() => array64([2], [1, 2, 3])).toThrow(/shape and data differ/);
  });
});

it('inputs stay as they were', () => {
  const a = fromRows([
    [4, 1],
    [1, 3],
  ]);
  const before = a.data.slice();
  for (const run of [
    linalg.qr,
    linalg.pivotedQr,
    svd,
    linalg.symmetricEigen,
    linalg.cholesky,
    linalg.pivotedCholesky,
    inverse,
    pinv,
    logdet,
  ])
    run(a);
  expect(a.data).toEqual(before);
});

it('matmul takes vectors as rows and columns; norm does not overflow', () => {
  const a = fromRows([
    [1, 2],
    [3, 4],
  ]);
  const v = array64([2], [5, 6]);
  expect(matmul(a, v)).toEqual(array64([2], [17, 39]));
  expect(matmul(v, a)).toEqual(array64([2], [23, 34]));
  expect(matmul(v, v)).toEqual(array64([], [61]));
  expect(linalg.norm(array64([2], [3e300, 4e300]))).toBeCloseTo(5e300, -290);
  expect(linalg.norm(array64([5000], new Float64Array(5000).fill(1)))).toBeCloseTo(Math.sqrt(5000), 12);
});
