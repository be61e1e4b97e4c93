import { asMatrix, maxAbs, type Array64 } from './array64';

export interface QR {
  /** Orthonormal columns [m, k], k = min(m, n). */
  readonly q: Array64;
  /** Upper triangular [k, n], no negative number on its diagonal. */
  readonly r: Array64;
}

export interface PivotedQR extends QR {
  /** Which column of the matrix each column of `q r` is. */
  readonly permutation: Int32Array;
  /** Number of diagonal entries of `r` above the tolerance. */
  readonly rank: number;
}

/**
 * Thin QR factorisation by Householder reflections: A = Q R.
 *
 * @param matrix [m, n]
 * @throws LabError `numeric` for NaN or infinity, `shape` for what is not a matrix
 */
export function qr(matrix: Array64): QR {
  const { q, r } = factorize(matrix, { pivot: false, where: 'qr' });
  return { q, r };
}

/**
 * Rank-revealing QR: A[:, permutation] = Q R, at each step the column that is longest yet comes first, so the diagonal of R
 * does not grow. The first `rank` columns of Q span the columns of A.
 *
 * Source: Golub and Van Loan, "Matrix Computations", 4th ed., algorithm 5.4.1.
 *
 * @param matrix [m, n]
 */
export function pivotedQr(
  matrix: Array64,
  {
    tolerance,
  }: {
    /** Diagonal entries at or below this times the first do not count. @default max(m, n) * 2^-52 */
    readonly tolerance?: number;
  } = {},
): PivotedQR {
  const { q, r, permutation } = factorize(matrix, { pivot: true, where: 'pivotedQr' });
  const [k, n] = r.shape as [number, number];
  const least = (tolerance ?? Math.max(q.shape[0]!, n) * Number.EPSILON) * (r.data[0] ?? 0);
  let rank = 0;
  while (rank < k && r.data[rank * n + rank]! > least) rank++;
  return { q, r, permutation, rank };
}

function factorize(
  matrix: Array64,
  { pivot, where }: { pivot: boolean; where: string },
): Omit<PivotedQR, 'rank'> {
  const { rows: m, columns: n, data } = asMatrix(matrix, where);
  const k = Math.min(m, n);
  // one array a column: everything below walks down columns
  const columns = Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: m }, (_, i) => data[i * n + j]!),
  );
  const permutation = Int32Array.from({ length: n }, (_, j) => j);
  const reflectors: Float64Array[] = [];
  for (let step = 0; step < k; step++) {
    if (pivot) {
      const longest = longestColumn(columns, step);
      swap(columns, step, longest);
      swap(permutation, step, longest);
    }
    const reflector = householder(columns[step]!, step);
    reflectors.push(reflector);
    for (let j = step; j < n; j++) reflect(columns[j]!, reflector, step);
  }
  const q = Array.from({ length: k }, (_, j) => {
    const column = new Float64Array(m);
    column[j] = 1;
    for (let step = k - 1; step >= 0; step--) reflect(column, reflectors[step]!, step);
    return column;
  });
  const signs = q.map((_, i) => (columns[i]![i]! < 0 ? -1 : 1));
  const r = new Float64Array(k * n);
  for (let i = 0; i < k; i++) for (let j = i; j < n; j++) r[i * n + j] = signs[i]! * columns[j]![i]!;
  const flat = new Float64Array(m * k);
  for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) flat[i * k + j] = signs[j]! * q[j]![i]!;
  return { q: { shape: [m, k], data: flat }, r: { shape: [k, n], data: r }, permutation };
}

/** The vector v, with |v|^2 = 2, whose reflection I - v v^T leaves of `column` from `start` on only the first entry. */
function householder(column: Float64Array, start: number): Float64Array {
  const part = column.subarray(start);
  const most = maxAbs(part);
  if (most === 0) return part.slice();
  const v = part.map((value) => value / most);
  v[0]! += v[0]! < 0 ? -length(v) : length(v);
  const factor = Math.SQRT2 / length(v);
  return v.map((value) => value * factor);
}

function reflect(column: Float64Array, v: Float64Array, start: number): void {
  let dot = 0;
  for (let i = 0; i < v.length; i++) dot += v[i]! * column[start + i]!;
  for (let i = 0; i < v.length; i++) column[start + i]! -= dot * v[i]!;
}

/** Euclidean length in units of `unit`, which is near the largest entry. */
function length(v: Float64Array, unit = 1): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += (v[i]! / unit) ** 2;
  return Math.sqrt(sum);
}

/** Lengths are taken anew each step: updating them loses the rank of nearly dependent columns to cancellation. */
function longestColumn(columns: readonly Float64Array[], step: number): number {
  const rest = columns.slice(step).map((column) => column.subarray(step));
  const scale = rest.reduce((most, column) => Math.max(most, maxAbs(column)), 0) || 1;
  const lengths = rest.map((column) => length(column, scale));
  return step + lengths.indexOf(Math.max(...lengths));
}

function swap<T>(items: { [index: number]: T }, i: number, j: number): void {
  const kept = items[i]!;
  items[i] = items[j]!;
  items[j] = kept;
}
