import { fc } from '@fast-check/vitest';
import { array64, identity, matmul, transpose, type Array64 } from '../../src/linalg64';

const anyEntry = fc.oneof(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e-8, max: 1e-8, noNaN: true }),
);

// denormal numbers have too few digits for an identity to hold to rounding
const entry = anyEntry.map((value) => (Math.abs(value) < 1e-60 ? 0 : value));

function filled(rows: number, columns: number): fc.Arbitrary<Array64> {
  const size = rows * columns;
  return fc.array(entry, { minLength: size, maxLength: size }).map((data) => array64([rows, columns], data));
}

const size = fc.integer({ min: 0, max: 7 });

/** Square, tall, wide, empty, and (as products through a narrow middle) rank-deficient matrices. */
export const matrices = fc.oneof(
  fc.tuple(size, size).chain(([m, n]) => filled(m, n)),
  fc
    .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 3 }))
    .chain(([m, n, r]) => fc.tuple(filled(m, r), filled(r, n)))
    .map(([a, b]) => matmul(a, b)),
);

export const squares = size.chain((n) => filled(n, n));
export const symmetric = squares.map((a) => plus(a, transpose(a)));
/** Positive semi-definite, often of low rank. */
export const semidefinite = fc.oneof(
  matrices.map((a) => matmul(a, transpose(a))),
  matrices.map((a) => matmul(transpose(a), a)),
);

export function plus(a: Array64, b: Array64, factor = 1): Array64 {
  return array64(
    a.shape,
    a.data.map((value, i) => value + factor * b.data[i]!),
  );
}

export function hilbert(n: number): Array64 {
  return array64(
    [n, n],
    Array.from({ length: n * n }, (_, i) => 1 / (Math.floor(i / n) + (i % n) + 1)),
  );
}

/** Largest absolute entry. */
export function largest(a: Array64): number {
  return a.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Largest difference as a multiple of the larger matrix, or of `scale` where that is more. */
export function distance(a: Array64, b: Array64, scale = 0): number {
  if (String(a.shape) !== String(b.shape))
    throw new Error(`shapes [${String(a.shape)}] and [${String(b.shape)}]`);
  const most = Math.max(largest(a), largest(b), scale);
  return most === 0 ? 0 : largest(plus(a, b, -1)) / most;
}

/** How far the columns are from orthonormal. */
export function skewness(q: Array64): number {
  return distance(matmul(transpose(q), q), identity(q.shape[1]!));
}
