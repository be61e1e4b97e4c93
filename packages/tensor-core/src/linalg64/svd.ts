import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { asMatrix, scaled, type Array64 } from './array64';

export interface SVD {
  /** Left singular vectors in the columns [m, k], k = min(m, n). */
  readonly u: Array64;
  /** Singular values, largest first [k]. */
  readonly s: Float64Array;
  /** Right singular vectors in the columns [n, k]. */
  readonly v: Array64;
}

/**
 * Thin singular value decomposition: A = U diag(s) V^T, with orthonormal columns also where singular values are zero.
 *
 * @param matrix [m, n]
 * @throws LabError `numeric` for NaN or infinity, `shape` for what is not a matrix
 */
export function svd(matrix: Array64): SVD {
  const { rows: m, columns: n, data } = asMatrix(matrix, 'svd');
  const k = Math.min(m, n);
  if (k === 0)
    return {
      u: { shape: [m, 0], data: new Float64Array(0) },
      s: new Float64Array(0),
      v: { shape: [n, 0], data: new Float64Array(0) },
    };
  const { scale, data: entries } = scaled(data);
  const found = new SingularValueDecomposition(Matrix.from1DArray(m, n, entries), { autoTranspose: true });
  return {
    u: firstColumns(found.leftSingularVectors, k),
    s: Float64Array.from(found.diagonal.slice(0, k), (value) => value * scale),
    v: firstColumns(found.rightSingularVectors, k),
  };
}

/**
 * Number of singular values above `tolerance` times the largest.
 */
export function rank(
  matrix: Array64,
  {
    tolerance,
  }: {
    /** @default max(m, n) * 2^-52 */
    readonly tolerance?: number;
  } = {},
): number {
  return rankOf(svd(matrix).s, matrix.shape, tolerance);
}

export function rankOf(s: Float64Array, shape: readonly number[], tolerance?: number): number {
  const least = (tolerance ?? Math.max(...shape) * Number.EPSILON) * (s[0] ?? 0);
  return s.filter((value) => value > least).length;
}

function firstColumns(matrix: Matrix, count: number): Array64 {
  const data = new Float64Array(matrix.rows * count);
  for (let i = 0; i < matrix.rows; i++)
    for (let j = 0; j < count; j++) data[i * count + j] = matrix.get(i, j);
  return { shape: [matrix.rows, count], data };
}
