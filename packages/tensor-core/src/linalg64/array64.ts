import { LabError } from '../errors';

/** A dense row-major float64 array of any rank. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/**
 * An array over these values; a `Float64Array` is taken as it is, anything else is copied.
 *
 * @throws LabError `shape` when there are not as many values as `shape` says
 * @example
 * array64([2, 2], [1, 2, 3, 4]);
 */
export function array64(shape: readonly number[], data: ArrayLike<number>): Array64 {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const whole = shape.every((axis) => Number.isInteger(axis) && axis >= 0);
  if (!whole || size !== data.length)
    throw new LabError('shape', 'array64: shape and data differ in size', {
      argument: 'shape',
      received: { shape, values: data.length },
    });
  return { shape: [...shape], data: data instanceof Float64Array ? data : Float64Array.from(data) };
}

/**
 * The matrix of these rows.
 *
 * @throws LabError `shape` when the rows differ in length
 */
export function fromRows(rows: readonly ArrayLike<number>[]): Array64 {
  const columns = rows[0]?.length ?? 0;
  const uneven = rows.findIndex((row) => row.length !== columns);
  if (uneven >= 0)
    throw new LabError('shape', 'fromRows: the rows differ in length', {
      argument: 'rows',
      expected: `${columns} values, as row 0`,
      received: `${rows[uneven]!.length} values in row ${uneven}`,
    });
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => data.set(Array.from(row), i * columns));
  return { shape: [rows.length, columns], data };
}

/** The rows of a matrix, as copies. */
export function toRows(matrix: Array64): number[][] {
  const { rows, columns, data } = asMatrix(matrix, 'toRows');
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * columns, (i + 1) * columns)));
}

/** The matrix with these values on its diagonal and zeros elsewhere. */
export function diagonal(values: ArrayLike<number>): Array64 {
  const n = values.length;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = values[i]!;
  return { shape: [n, n], data };
}

/** The identity matrix of a size. */
export function identity(size: number): Array64 {
  return diagonal(new Float64Array(size).fill(1));
}

/** A matrix taken apart, its numbers known to be finite. */
export interface MatrixView {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Refuses what is not a matrix of finite numbers; `where` opens the sentence. */
export function asMatrix(matrix: Array64, where: string): MatrixView {
  const { shape, data } = checkArray(matrix, where);
  if (shape.length !== 2)
    throw new LabError('shape', `${where}: not a matrix`, { expected: '[rows, columns]', received: shape });
  return { rows: shape[0]!, columns: shape[1]!, data };
}

export function asSquare(matrix: Array64, where: string): { n: number; data: Float64Array } {
  const { rows, columns, data } = asMatrix(matrix, where);
  if (rows !== columns)
    throw new LabError('shape', `${where}: not a square matrix`, { received: matrix.shape });
  return { n: rows, data };
}

/** As `asSquare`, with each pair of mirrored entries replaced by its mean. */
export function asSymmetric(matrix: Array64, where: string): { n: number; data: Float64Array } {
  const { n, data } = asSquare(matrix, where);
  const mean = new Float64Array(n * n);
  const tolerance = 1e-10 * maxAbs(data);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const here = data[i * n + j]!;
      const mirrored = data[j * n + i]!;
      if (Math.abs(here - mirrored) > tolerance)
        throw new LabError('argument', `${where}: the matrix is not symmetric`, {
          received: `${here} at [${i},${j}], ${mirrored} at [${j},${i}]`,
          hint: 'take (A + transpose(A)) / 2 if the difference is rounding',
        });
      mean[i * n + j] = here / 2 + mirrored / 2;
    }
  return { n, data: mean };
}

/** Refuses an array with NaN or infinity, or whose shape and data differ. */
export function checkArray(array: Array64, where: string): Array64 {
  const { shape, data } = array;
  const size = shape.reduce((product, axis) => product * axis, 1);
  if (!(data instanceof Float64Array) || data.length !== size)
    throw new LabError('shape', `${where}: an Array64 holds as many float64 numbers as its shape says`, {
      received: { shape, values: data.length },
      hint: 'make it with array64(shape, data) or fromRows(rows)',
    });
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i]))
      throw new LabError('numeric', `${where}: the matrix has a number that is not finite`, {
        received: `${String(data[i])} at ${i} of shape [${shape.join(',')}]`,
      });
  return array;
}

export function maxAbs(data: Float64Array): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) most = Math.max(most, Math.abs(data[i]!));
  return most;
}

/**
 * The matrix divided by a power of two that brings its largest entry near 1, so that squares neither overflow nor
 * vanish; entries 2^300 times smaller than the largest become zero, far below rounding: the library's iterations
 * divide by numbers of that size.
 */
export function scaled(data: Float64Array): { scale: number; data: Float64Array } {
  const most = maxAbs(data);
  const scale = most === 0 ? 1 : 2 ** Math.max(-1022, Math.floor(Math.log2(most)));
  return { scale, data: data.map((value) => (Math.abs(value / scale) < 2 ** -300 ? 0 : value / scale)) };
}
