import type { SparseRows } from '../constraints/types';
import type { LinearProgram } from './linear-program';

/** All linear constraints of one sample as rows, bounds on entries first: for other solvers, and for looking at. */
export function sparseRows(linear: LinearProgram, sample: number): SparseRows {
  const { size, all, weight } = linear;
  const box = sample * size;
  const starts = [0];
  const columns: number[] = [];
  const values: number[] = [];
  const lower: number[] = [];
  const upper: number[] = [];
  for (let j = 0; j < size; j++) {
    if (linear.lower[box + j] === -Infinity && linear.upper[box + j] === Infinity) continue;
    const w = weight === undefined ? 1 : weight[j]!;
    columns.push(j);
    values.push(w);
    starts.push(columns.length);
    lower.push(w * linear.lower[box + j]!);
    upper.push(w * linear.upper[box + j]!);
  }
  for (let i = 0; i < all.rows; i++) {
    for (let e = all.starts[i]!; e < all.starts[i + 1]!; e++) {
      columns.push(all.index[e]!);
      values.push(all.values[e]!);
    }
    starts.push(columns.length);
    lower.push(linear.rowLower[sample * linear.rows + i]!);
    upper.push(linear.rowUpper[sample * linear.rows + i]!);
  }
  return {
    starts: Int32Array.from(starts),
    columns: Int32Array.from(columns),
    values: Float64Array.from(values),
    lower: Float64Array.from(lower),
    upper: Float64Array.from(upper),
  };
}
