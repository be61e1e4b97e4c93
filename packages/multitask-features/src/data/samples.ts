import { LabError } from '@lab/tensor-core/errors';

/** Feature rows [n, d], in single or double precision. */
export interface Samples {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/**
 * Rows and columns of a feature table, its numbers known to be finite.
 * @throws LabError `shape` when it is not a matrix of its size, `numeric` naming the row and column of a bad number
 */
export function checkSamples(x: Samples, where: string, argument = 'x'): { n: number; d: number } {
  const [n, d] = x.shape;
  if (n === undefined || d === undefined || x.shape.length !== 2 || n * d !== x.data.length)
    throw new LabError('shape', `${where}: features form a matrix [n, d]`, {
      argument,
      received: { shape: x.shape, values: x.data.length },
      expected: '[n, d] with n d values',
    });
  for (let at = 0; at < x.data.length; at++)
    if (!Number.isFinite(x.data[at]))
      throw new LabError('numeric', `${where}: a feature is not a finite number`, {
        argument,
        received: `${String(x.data[at])} in row ${Math.floor(at / d)}, column ${at % d}`,
        hint: 'drop the row, or fill the gap first',
      });
  return { n, d };
}

/** Rows `from` to `to` as a view. */
export function rowsOf(x: Samples, from: number, to: number): Samples {
  const d = x.shape[1]!;
  return { shape: [to - from, d], data: x.data.subarray(from * d, to * d) };
}

/** The rows of these numbers, copied. */
export function takeRows(x: Samples, rows: ArrayLike<number>): Samples {
  const d = x.shape[1]!;
  const data = x.data.slice(0, rows.length * d);
  for (let i = 0; i < rows.length; i++) data.set(x.data.subarray(rows[i]! * d, (rows[i]! + 1) * d), i * d);
  return { shape: [rows.length, d], data };
}
