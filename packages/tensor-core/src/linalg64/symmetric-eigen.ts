import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { LabError } from '../errors';
import { asSymmetric, scaled, type Array64 } from './array64';
import { matmul, transpose } from './products';

export interface SymmetricEigen {
  /** Eigenvalues, smallest first [n]. */
  readonly values: Float64Array;
  /** Orthonormal eigenvectors in the columns [n, n], in the order of `values`. */
  readonly vectors: Array64;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: A = V diag(values) V^T.
 *
 * @param matrix symmetric [n, n], to 1e-10 of its largest entry
 * @throws LabError `argument` when it is not symmetric, `numeric` for NaN or infinity
 */
export function symmetricEigen(matrix: Array64): SymmetricEigen {
  const { n, data } = asSymmetric(matrix, 'symmetricEigen');
  if (n === 0) return { values: new Float64Array(0), vectors: { shape: [0, 0], data: new Float64Array(0) } };
  const { scale, data: entries } = scaled(data);
  const found = new EigenvalueDecomposition(Matrix.from1DArray(n, n, entries), { assumeSymmetric: true });
  return {
    values: Float64Array.from(found.realEigenvalues, (value) => value * scale),
    vectors: { shape: [n, n], data: Float64Array.from(found.eigenvectorMatrix.to1DArray()) },
  };
}

/**
 * The symmetric square root S of a positive semi-definite matrix: S S = A.
 *
 * @param matrix symmetric [n, n]
 * @throws LabError `numeric` when an eigenvalue is negative beyond rounding
 */
export function sqrtSymmetric(
  matrix: Array64,
  {
    tolerance = 1e-10,
  }: {
    /** Eigenvalues from minus this times the largest count as zero. @default 1e-10 */
    readonly tolerance?: number;
  } = {},
): Array64 {
  const { values, vectors } = symmetricEigen(matrix);
  const n = values.length;
  const least = values[0] ?? 0;
  if (least < -tolerance * Math.max(0, values[n - 1] ?? 0))
    throw new LabError('numeric', 'sqrtSymmetric: the matrix is not positive semi-definite', {
      received: `eigenvalue ${least}`,
    });
  const stretched = vectors.data.map((entry, i) => entry * Math.sqrt(Math.max(0, values[i % n]!)));
  return matmul({ shape: [n, n], data: stretched }, transpose(vectors));
}
