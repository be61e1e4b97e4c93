import { LabError } from '../errors';
import { asMatrix, type Array64 } from './array64';
import { matmul, transpose } from './products';
import { rankOf, svd } from './svd';

/**
 * The angles between the spaces that the columns of two matrices span, in radians, smallest first; as many as the
 * smaller space has dimensions. Exact for small angles too, where a cosine alone would lose half the digits.
 *
 * Source: Knyazev and Argentati, "Principal angles between subspaces in an A-based scalar product", SIAM J. Sci.
 * Comput. 23, 2002.
 *
 * @param a [m, p]
 * @param b [m, q]
 * @throws LabError `shape` when the columns differ in length
 */
export function principalAngles(a: Array64, b: Array64): Float64Array {
  const { rows } = asMatrix(a, 'principalAngles');
  if (asMatrix(b, 'principalAngles').rows !== rows)
    throw new LabError('shape', 'principalAngles: the columns differ in length', {
      received: [a.shape, b.shape],
    });
  const [x, y] = [basis(a), basis(b)];
  const [large, small] = x.shape[1]! >= y.shape[1]! ? [x, y] : [y, x];
  const inside = matmul(transpose(large), small);
  const projected = matmul(large, inside);
  const outside = { shape: small.shape, data: small.data.map((value, i) => value - projected.data[i]!) };
  const cosines = svd(inside).s;
  const sines = svd(outside).s.reverse();
  return cosines.map((cosine, i) => Math.atan2(sines[i]!, cosine));
}

/** Orthonormal columns that span what the columns of `matrix` span. */
function basis(matrix: Array64): Array64 {
  const { u, s } = svd(matrix);
  const [rows, k] = u.shape as [number, number];
  const rank = rankOf(s, matrix.shape);
  const data = Float64Array.from(
    { length: rows * rank },
    (_, i) => u.data[Math.floor(i / rank) * k + (i % rank)]!,
  );
  return { shape: [rows, rank], data };
}
