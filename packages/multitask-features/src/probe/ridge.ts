import { LabError, isLabError } from '@lab/tensor-core/errors';
import { cholesky, gram, transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** Coefficients of linear scores: phi a + intercept. */
export interface LinearScores {
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/**
 * Ridge regression with a free intercept: minimises sum_i v_i (phi_i a + c - y_i)^2 / sum v + l2 |a|^2. Solved in the smaller of
 * the two forms, so many more features than samples are cheap.
 *
 * @param phi [n, m]
 */
export function ridge(
  phi: Array64,
  y: Float64Array,
  { l2, weights }: { readonly l2: number; readonly weights?: Float64Array },
): LinearScores {
  const [n, m] = phi.shape as [number, number];
  const v = weights ?? new Float64Array(n).fill(1);
  const total = v.reduce((sum, value) => sum + value, 0);
  const mean = new Float64Array(m);
  let level = 0;
  for (let i = 0; i < n; i++) {
    level += (v[i]! * y[i]!) / total;
    for (let j = 0; j < m; j++) mean[j]! += (v[i]! * phi.data[i * m + j]!) / total;
  }
  // Rows times sqrt(v / total): then A^T A is the covariance and A^T b the covariance with y
  const rows = new Float64Array(n * m);
  const b = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const factor = Math.sqrt(v[i]! / total);
    b[i] = factor * (y[i]! - level);
    for (let j = 0; j < m; j++) rows[i * m + j] = factor * (phi.data[i * m + j]! - mean[j]!);
  }
  const coefficients = new Float64Array(m);
  if (m <= n) {
    const right = new Float64Array(m);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) right[j]! += b[i]! * rows[i * m + j]!;
    coefficients.set(solveRegular(gram(transpose({ shape: [n, m], data: rows })).data, right, l2));
  } else {
    const dual = solveRegular(gram({ shape: [n, m], data: rows }).data, b, l2);
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) coefficients[j]! += dual[i]! * rows[i * m + j]!;
  }
  const shift = coefficients.reduce((sum, value, j) => sum + value * mean[j]!, 0);
  return { coefficients, intercept: level - shift };
}

/** (A + l2 I) x = b by Cholesky, with a jitter that doubles from 1e-10 of the trace's mean until A is positive definite. */
export function solveRegular(a: Float64Array, b: Float64Array, l2: number): Float64Array {
  const n = b.length;
  let trace = 0;
  for (let i = 0; i < n; i++) trace += a[i * n + i]!;
  const unit = trace / n || 1;
  for (let jitter = 0; jitter < 1e-2; jitter = jitter === 0 ? 1e-10 : 2 * jitter) {
    const shifted = a.slice();
    for (let i = 0; i < n; i++) shifted[i * n + i]! += l2 + jitter * unit;
    try {
      return substitute(cholesky({ shape: [n, n], data: shifted }).data, b);
    } catch (error) {
      if (!isLabError(error) || error.code !== 'numeric') throw error;
    }
  }
  throw new LabError('numeric', 'ridge: the features are degenerate', { hint: 'raise l2' });
}

function substitute(l: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= l[i * n + k]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k * n + i]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}
