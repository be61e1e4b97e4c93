import { LabError } from '../errors';
import { asMatrix, checkArray, type Array64 } from './array64';
import { matmul, transpose } from './products';
import { rankOf, svd } from './svd';

export interface RankOptions {
  /** Singular values up to this times the largest count as zero. @default max(m, n) * 2^-52 */
  readonly tolerance?: number;
}

export interface LeastSquares {
  /** The solution, [n] or [n, k]. */
  readonly x: Array64;
  /** Rank of the matrix. */
  readonly rank: number;
}

/**
 * The x that makes |A x - b| smallest; of several the one with the smallest |x|. By singular value decomposition.
 *
 * @param matrix [m, n]
 * @param right [m], or [m, k] for k right-hand sides
 * @throws LabError `shape` when the sizes differ
 */
export function lstsq(matrix: Array64, right: Array64, options: RankOptions = {}): LeastSquares {
  const { rows } = asMatrix(matrix, 'lstsq');
  const { shape } = checkArray(right, 'lstsq');
  if (shape.length < 1 || shape.length > 2 || shape[0] !== rows)
    throw new LabError('shape', 'lstsq: the right-hand side does not fit the matrix', {
      expected: `[${rows}] or [${rows}, k]`,
      received: shape,
    });
  const { uT, v, rank } = inverseFactors(matrix, options);
  return { x: matmul(v, matmul(uT, right)), rank };
}

/**
 * The Moore-Penrose inverse [n, m] of a matrix [m, n], by singular value decomposition.
 */
export function pinv(matrix: Array64, options: RankOptions = {}): Array64 {
  asMatrix(matrix, 'pinv');
  const { uT, v } = inverseFactors(matrix, options);
  return matmul(v, uT);
}

/** pinv(A) = v uT, with v = V diag(1/s) over the singular values that count. */
function inverseFactors(
  matrix: Array64,
  { tolerance }: RankOptions,
): { uT: Array64; v: Array64; rank: number } {
  const { u, s, v } = svd(matrix);
  const rank = rankOf(s, matrix.shape, tolerance);
  const k = s.length;
  if (rank > 0 && 1 / s[rank - 1]! === Number.POSITIVE_INFINITY)
    throw new LabError('numeric', 'the inverse of the matrix overflows', {
      received: `singular value ${s[rank - 1]!}`,
      hint: 'multiply the matrix by a larger unit',
    });
  const stretched = v.data.map((value, i) => (i % k < rank ? value / s[i % k]! : 0));
  return { uT: transpose(u), v: { shape: v.shape, data: stretched }, rank };
}
