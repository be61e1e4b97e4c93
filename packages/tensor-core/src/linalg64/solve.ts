import { LabError } from '../errors';
import { asSquare, checkArray, identity, type Array64 } from './array64';

interface LU {
  readonly n: number;
  /** L below the diagonal (ones on it), U on and above it. */
  readonly data: Float64Array;
  readonly permutation: Int32Array;
  readonly sign: 1 | -1;
  /** First pivot that is nothing but rounding, or -1. */
  readonly singularAt: number;
}

/** LU factorisation with partial pivoting: A[permutation] = L U. */
function lu(matrix: Array64, where: string): LU {
  const { n, data: given } = asSquare(matrix, where);
  const data = given.slice();
  // |L| |U| and |A|, what each entry was summed from: a pivot smaller by n units of rounding is left of a cancellation
  const weight = given.map(Math.abs);
  const permutation = Int32Array.from({ length: n }, (_, i) => i);
  let sign: 1 | -1 = 1;
  let singularAt = -1;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(data[i * n + k]!) > Math.abs(data[best * n + k]!)) best = i;
    if (best !== k) {
      swapRows(data, n, k, best);
      swapRows(weight, n, k, best);
      [permutation[k], permutation[best]] = [permutation[best]!, permutation[k]!];
      sign = sign === 1 ? -1 : 1;
    }
    const pivot = data[k * n + k]!;
    if (singularAt < 0 && Math.abs(pivot) <= n * Number.EPSILON * weight[k * n + k]!) singularAt = k;
    if (pivot === 0) continue;
    for (let i = k + 1; i < n; i++) {
      const factor = (data[i * n + k]! /= pivot);
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) {
        data[i * n + j]! -= factor * data[k * n + j]!;
        weight[i * n + j]! += Math.abs(factor * data[k * n + j]!);
      }
    }
  }
  return { n, data, permutation, sign, singularAt };
}

function swapRows(data: Float64Array, n: number, i: number, j: number): void {
  const kept = data.slice(i * n, (i + 1) * n);
  data.copyWithin(i * n, j * n, (j + 1) * n);
  data.set(kept, j * n);
}

/**
 * The solution of A x = b for a regular A, by LU factorisation with partial pivoting.
 *
 * @param matrix [n, n]
 * @param right [n], or [n, k] for k right-hand sides
 * @returns as `right`
 * @throws LabError `numeric` when A is singular to rounding, `shape` when the sizes differ
 */
export function solve(matrix: Array64, right: Array64): Array64 {
  return substitute(regular(matrix, 'solve'), right, 'solve');
}

/**
 * The inverse of a regular matrix. To solve equations `solve` is faster and more exact.
 *
 * @throws LabError `numeric` when the matrix is singular to rounding
 */
export function inverse(matrix: Array64): Array64 {
  const factors = regular(matrix, 'inverse');
  return substitute(factors, identity(factors.n), 'inverse');
}

/**
 * Sign and logarithm of the absolute value of the determinant; sign 0 and -Infinity when it is zero.
 */
export function logdet(matrix: Array64): { readonly sign: -1 | 0 | 1; readonly logAbs: number } {
  const { n, data, sign } = lu(matrix, 'logdet');
  let logAbs = 0;
  let negative = sign < 0;
  for (let i = 0; i < n; i++) {
    const pivot = data[i * n + i]!;
    if (pivot === 0) return { sign: 0, logAbs: Number.NEGATIVE_INFINITY };
    logAbs += Math.log(Math.abs(pivot));
    if (pivot < 0) negative = !negative;
  }
  return { sign: negative ? -1 : 1, logAbs };
}

function regular(matrix: Array64, where: string): LU {
  const factors = lu(matrix, where);
  if (factors.singularAt >= 0)
    throw new LabError('numeric', `${where}: the matrix is singular to rounding`, {
      received: `pivot ${factors.data[factors.singularAt * (factors.n + 1)]!} at ${factors.singularAt} of ${factors.n}`,
      hint: 'use lstsq or pinv',
    });
  return factors;
}

function substitute({ n, data, permutation }: LU, right: Array64, where: string): Array64 {
  const { shape } = checkArray(right, where);
  if (shape.length < 1 || shape.length > 2 || shape[0] !== n)
    throw new LabError('shape', `${where}: the right-hand side does not fit the matrix`, {
      expected: `[${n}] or [${n}, k]`,
      received: shape,
    });
  const k = shape[1] ?? 1;
  const x = new Float64Array(n * k);
  for (let i = 0; i < n; i++)
    x.set(right.data.subarray(permutation[i]! * k, (permutation[i]! + 1) * k), i * k);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) subtractRow(x, { from: j, to: i, factor: data[i * n + j]!, k });
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) subtractRow(x, { from: j, to: i, factor: data[i * n + j]!, k });
    for (let c = 0; c < k; c++) x[i * k + c]! /= data[i * n + i]!;
  }
  if (!x.every(Number.isFinite))
    throw new LabError('numeric', `${where}: the solution overflows`, { hint: 'scale the equations' });
  return { shape: [...shape], data: x };
}

function subtractRow(
  x: Float64Array,
  { from, to, factor, k }: { from: number; to: number; factor: number; k: number },
): void {
  for (let c = 0; c < k; c++) x[to * k + c]! -= factor * x[from * k + c]!;
}
