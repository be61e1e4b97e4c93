import { LabError } from '../errors';
import { asMatrix, checkArray, type Array64 } from './array64';
import { rowProducts } from './row-products';

/**
 * The product of two matrices; a vector counts as a column on the right and as a row on the left, and the result is a
 * vector again.
 *
 * @throws LabError `shape` when the inner sizes differ
 */
export function matmul(a: Array64, b: Array64): Array64 {
  const left = a.shape.length === 1 ? { ...a, shape: [1, a.shape[0]!] } : a;
  const right = b.shape.length === 1 ? { ...b, shape: [b.shape[0]!, 1] } : b;
  const { rows, columns: inner, data: x } = asMatrix(left, 'matmul');
  const { rows: below, columns, data: y } = asMatrix(right, 'matmul');
  if (inner !== below)
    throw new LabError('shape', 'matmul: inner sizes differ', {
      received: [a.shape, b.shape],
      hint: 'transpose one of them',
    });
  const product = rowProducts(x, turn(y, below, columns), { rows, columns, inner });
  const shape = [...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])];
  return { shape, data: product };
}

/**
 * A B^T: the inner products of the rows of one matrix with those of another.
 *
 * @param a [n, k]
 * @param b [m, k]
 * @returns [n, m]
 * @throws LabError `shape` when the rows differ in length
 */
export function matmulTransposed(a: Array64, b: Array64): Array64 {
  const { rows, columns: inner, data: x } = asMatrix(a, 'matmulTransposed');
  const { rows: columns, columns: other, data: y } = asMatrix(b, 'matmulTransposed');
  if (inner !== other)
    throw new LabError('shape', 'matmulTransposed: the rows differ in length', {
      received: [a.shape, b.shape],
      expected: '[n, k], [m, k]',
    });
  return { shape: [rows, columns], data: rowProducts(x, y, { rows, columns, inner }) };
}

/** A A^T, exactly symmetric: the inner products of all pairs of rows of a matrix [n, k]. */
export function gram(matrix: Array64): Array64 {
  const { rows: n, columns: inner, data } = asMatrix(matrix, 'gram');
  const products = rowProducts(data, data, { rows: n, columns: n, inner, lower: true });
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) products[j * n + i] = products[i * n + j]!;
  return { shape: [n, n], data: products };
}

/** The transpose of a matrix. */
export function transpose(matrix: Array64): Array64 {
  const { rows, columns, data } = asMatrix(matrix, 'transpose');
  return { shape: [columns, rows], data: turn(data, rows, columns) };
}

function turn(data: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return turned;
}

/** The square root of the sum of squares (the Frobenius norm of a matrix), without overflow. */
export function norm(array: Array64): number {
  return Math.hypot(...chunked(checkArray(array, 'norm').data));
}

/** Math.hypot of groups: an argument list has its limits. */
function chunked(data: Float64Array): number[] {
  const norms: number[] = [];
  for (let i = 0; i < data.length; i += 1024) norms.push(Math.hypot(...data.subarray(i, i + 1024)));
  return norms;
}
