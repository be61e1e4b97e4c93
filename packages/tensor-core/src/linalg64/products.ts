import { LabError } from '../errors';
import { asMatrix, checkArray, type Array64 } from './array64';

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
  const product = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const to = product.subarray(i * columns, (i + 1) * columns);
    for (let k = 0; k < inner; k++) {
      const factor = x[i * inner + k]!;
      const from = k * columns;
      for (let j = 0; j < columns; j++) to[j]! += factor * y[from + j]!;
    }
  }
  const shape = [...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])];
  return { shape, data: product };
}

/** The transpose of a matrix. */
export function transpose(matrix: Array64): Array64 {
  const { rows, columns, data } = asMatrix(matrix, 'transpose');
  const turned = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j]!;
  return { shape: [columns, rows], data: turned };
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
