import { LabError } from '../errors';
import { asSymmetric, type Array64 } from './array64';

/**
 * Cholesky factor of a positive definite matrix: lower triangular L with A = L L^T.
 *
 * @param matrix symmetric [n, n]
 * @throws LabError `numeric` when it is not positive definite; the message names the first pivot that is not positive
 */
export function cholesky(matrix: Array64): Array64 {
  const { n, data } = asSymmetric(matrix, 'cholesky');
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    let j = 0;
    // Four columns at a time: their sums do not wait for each other
    for (; j + 4 <= i; j += 4) fourColumns(data, l, n, i, j);
    for (; j < i; j++) {
      let sum = data[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = sum / l[j * n + j]!;
    }
    let pivot = data[i * n + i]!;
    for (let k = 0; k < i; k++) pivot -= l[i * n + k]! ** 2;
    if (!(pivot > 0))
      throw new LabError('numeric', 'cholesky: the matrix is not positive definite', {
        received: `pivot ${pivot} at ${i} of ${n}`,
        hint: 'use pivotedCholesky for a semi-definite one, or add a little to the diagonal',
      });
    l[i * n + i] = Math.sqrt(pivot);
  }
  return { shape: [n, n], data: l };
}

/** Entries [i, j] to [i, j + 3] of the factor L [n, n] of a matrix, from the rows above and the entries before. */
function fourColumns(matrix: Float64Array, l: Float64Array, n: number, i: number, j: number): void {
  const row = i * n;
  const c0 = j * n;
  const c1 = c0 + n;
  const c2 = c1 + n;
  const c3 = c2 + n;
  let s0 = matrix[row + j]!;
  let s1 = matrix[row + j + 1]!;
  let s2 = matrix[row + j + 2]!;
  let s3 = matrix[row + j + 3]!;
  for (let k = 0; k < j; k++) {
    const value = l[row + k]!;
    s0 -= value * l[c0 + k]!;
    s1 -= value * l[c1 + k]!;
    s2 -= value * l[c2 + k]!;
    s3 -= value * l[c3 + k]!;
  }
  const a = s0 / l[c0 + j]!;
  const b = (s1 - a * l[c1 + j]!) / l[c1 + j + 1]!;
  const c = (s2 - a * l[c2 + j]! - b * l[c2 + j + 1]!) / l[c2 + j + 2]!;
  l[row + j] = a;
  l[row + j + 1] = b;
  l[row + j + 2] = c;
  l[row + j + 3] = (s3 - a * l[c3 + j]! - b * l[c3 + j + 1]! - c * l[c3 + j + 2]!) / l[c3 + j + 3]!;
}

export interface PivotedCholesky {
  /** F [n, rank], its rows in the matrix's own order: A = F F^T. */
  readonly factor: Array64;
  readonly rank: number;
  /** The order in which rows were taken; F[permutation] is lower triangular. */
  readonly permutation: Int32Array;
}

/**
 * Cholesky factor of a positive semi-definite matrix with its rank: at each step the row with the largest remaining
 * diagonal entry is taken, until none is left above the tolerance.
 *
 * Source: Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix", 1990.
 *
 * @param matrix symmetric [n, n]
 * @throws LabError `numeric` when what remains shows that the matrix is not positive semi-definite
 */
export function pivotedCholesky(
  matrix: Array64,
  {
    tolerance,
  }: {
    /** Remaining diagonal entries up to this times the largest of the matrix count as zero. @default n * 2^-52 */
    readonly tolerance?: number;
  } = {},
): PivotedCholesky {
  const { n, data: rest } = asSymmetric(matrix, 'pivotedCholesky');
  const permutation = Int32Array.from({ length: n }, (_, i) => i);
  const columns: Float64Array[] = [];
  const left = (from: number): number => {
    let best = from;
    for (let i = from; i < n; i++) {
      const row = permutation[i]!;
      if (rest[row * n + row]! > rest[permutation[best]! * (n + 1)]!) best = i;
    }
    return best;
  };
  const largest = n === 0 ? 0 : rest[permutation[left(0)]! * (n + 1)]!;
  const least = (tolerance ?? n * Number.EPSILON) * Math.max(0, largest);
  for (let step = 0; step < n; step++) {
    const best = left(step);
    const row = permutation[best]!;
    const pivot = rest[row * n + row]!;
    if (!(pivot > least)) break;
    permutation[best] = permutation[step]!;
    permutation[step] = row;
    const column = new Float64Array(n);
    const root = Math.sqrt(pivot);
    for (let i = step; i < n; i++) column[permutation[i]!] = rest[permutation[i]! * n + row]! / root;
    for (let i = step; i < n; i++)
      for (let j = step; j < n; j++)
        rest[permutation[i]! * n + permutation[j]!]! -= column[permutation[i]!]! * column[permutation[j]!]!;
    columns.push(column);
  }
  refuseIndefinite(rest, permutation.subarray(columns.length), largest, least);
  const rank = columns.length;
  const factor = Float64Array.from({ length: n * rank }, (_, i) => columns[i % rank]![Math.floor(i / rank)]!);
  return { factor: { shape: [n, rank], data: factor }, rank, permutation };
}

/** Of a semi-definite matrix no entry that remains is larger than the diagonal entries that remain. */
function refuseIndefinite(rest: Float64Array, rows: Int32Array, largest: number, least: number): void {
  const n = Math.sqrt(rest.length);
  const allowed = 10 * Math.max(least, n * Number.EPSILON * Math.max(0, largest));
  for (const i of rows)
    for (const j of rows)
      if (Math.abs(rest[i * n + j]!) > allowed)
        throw new LabError('numeric', 'pivotedCholesky: the matrix is not positive semi-definite', {
          received: `${rest[i * n + j]!} remains at [${i},${j}]`,
        });
}
