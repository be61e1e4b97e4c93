import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { LabError } from '../errors';
import type { Array64 } from './array64';

export interface SymmetricEigen {
  /** [n] eigenvalues, ascending. */
  readonly values: Float64Array;
  /** [n, n] orthonormal eigenvectors in the columns, in the eigenvalues' order. */
  readonly vectors: Array64;
}

/**
 * Eigenvalues and eigenvectors of a symmetric matrix: `a = V diag(values) V^T`. Only the symmetric part is looked at.
 *
 * @throws LabError `shape` when the matrix is not square, `numeric` when an entry is not finite
 */
export function symmetricEigen(a: Array64): SymmetricEigen {
  const [n, columns] = a.shape;
  if (a.shape.length !== 2 || n !== columns || n === undefined || n === 0)
    throw new LabError('shape', 'symmetricEigen needs a square matrix', { argument: 'a', received: a.shape });
  if (!a.data.every(Number.isFinite))
    throw new LabError('numeric', 'symmetricEigen needs finite entries', { argument: 'a' });
  const matrix = new Matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) matrix.set(i, j, (a.data[i * n + j]! + a.data[j * n + i]!) / 2);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, i) => i).sort((i, j) => realEigenvalues[i]! - realEigenvalues[j]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    for (let i = 0; i < n; i++) vectors[i * n + to] = eigenvectorMatrix.get(i, from);
  });
  return {
    values: Float64Array.from(order, (i) => realEigenvalues[i]!),
    vectors: { shape: [n, n], data: vectors },
  };
}
