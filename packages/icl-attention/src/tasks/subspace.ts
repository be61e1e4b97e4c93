import { LabError } from '@lab/tensor-core/errors';
import { matmul, norm, svd, transpose, type Array64 } from '@lab/tensor-core/linalg64';

/** The first k coordinate axes of d dimensions, as the columns of [d, k]. */
export function coordinateBasis(dimension: number, rank: number): Array64 {
  const data = new Float64Array(dimension * rank);
  for (let j = 0; j < rank; j++) data[j * rank + j] = 1;
  return { shape: [dimension, rank], data };
}

/** Refuses columns that are not orthonormal. */
export function checkBasis(basis: Array64, where: string): { dimension: number; rank: number } {
  const [dimension = 0, rank = 0] = basis.shape;
  if (basis.shape.length !== 2 || rank < 1 || rank > dimension)
    throw new LabError('shape', `${where}: a basis has one column for each of its dimensions`, {
      argument: 'basis',
      expected: '[d, k] with 1 <= k <= d',
      received: basis.shape,
    });
  const gram = matmul(transpose(basis), basis);
  const off = Math.max(
    ...gram.data.map((each, at) => Math.abs(each - (Math.floor(at / rank) === at % rank ? 1 : 0))),
  );
  if (!(off <= 1e-4))
    throw new LabError('argument', `${where}: the columns of the basis are not orthonormal`, {
      argument: 'basis',
      received: `B^T B is off the identity by ${off}`,
      hint: 'take the q of qr(basis)',
    });
  return { dimension, rank };
}

/**
 * rho(M, B) = |B_perp^T M B_perp|_2 / sigma_min(B^T M B): how much of what attention looks at lies outside the tasks'
 * subspace (metric of the low-rank figures; formula recalled). 0 when M lives in span(B).
 *
 * @param matrix M [d, d]
 * @param basis B [d, k], orthonormal columns
 */
export function subspaceError(matrix: Array64, basis: Array64): number {
  const { dimension } = checkBasis(basis, 'subspaceError');
  if (matrix.shape.join() !== [dimension, dimension].join())
    throw new LabError('shape', 'subspaceError: matrix and basis differ in dimension', {
      argument: 'matrix',
      expected: [dimension, dimension],
      received: matrix.shape,
    });
  const inside = svd(restricted(matrix, basis)).s;
  const least = inside[inside.length - 1]!;
  return svd(outside(matrix, basis)).s[0]! / least;
}

/** Share of the matrix's squared entries that lies in span(B) on both sides, |B^T M B|_F^2 / |M|_F^2. */
export function subspaceEnergy(matrix: Array64, basis: Array64): number {
  checkBasis(basis, 'subspaceEnergy');
  return (norm(restricted(matrix, basis)) / norm(matrix)) ** 2;
}

/** B^T M B. */
export function restricted(matrix: Array64, basis: Array64): Array64 {
  return matmul(transpose(basis), matmul(matrix, basis));
}

/** (I - B B^T) M (I - B B^T), which has the singular values of B_perp^T M B_perp. */
function outside(matrix: Array64, basis: Array64): Array64 {
  const projector = matmul(basis, transpose(basis));
  const [size] = projector.shape as [number];
  const complement = {
    shape: projector.shape,
    data: projector.data.map((each, at) => (Math.floor(at / size) === at % size ? 1 : 0) - each),
  };
  return matmul(complement, matmul(matrix, complement));
}
