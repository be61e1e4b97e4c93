import { diagonal, matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';

export const matrix = (...rows: readonly (readonly number[])[]): Array64 => ({
  shape: [rows.length, rows[0]!.length],
  data: Float64Array.from(rows.flat()),
});

export const column = (...values: readonly number[]): Array64 => ({
  shape: [values.length, 1],
  data: Float64Array.from(values),
});

/** The unit vector e_i of d dimensions as a column. */
export const unit = (d: number, i: number): Array64 =>
  column(...Array.from({ length: d }, (_, j) => (i === j ? 1 : 0)));

export const zero = (d: number): Array64 => diagonal(new Float64Array(d));

export const gaussian = (seed: number, shape: readonly [number, number]): Array64 => ({
  shape,
  data: normal64(foldIn(key(1234), seed), shape[0] * shape[1]),
});

export const gram = (u: Array64): Array64 => matmul(u, transpose(u));

export const minus = (a: Array64, b: Array64): Array64 => ({
  shape: a.shape,
  data: a.data.map((value, i) => value - b.data[i]!),
});
