import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** The examples of a state [B, ...] whose examples hold `size` numbers, as views. */
export function rowsOf({ shape, data }: Array64, size: number): Float64Array[] {
  const batch = shape[0] ?? 0;
  if (shape.length < 2 || data.length !== batch * size)
    throw new LabError('shape', 'the state does not hold examples of the size that this was made for', {
      expected: `[batch, ...] with ${size} entries an example`,
      received: shape,
    });
  return Array.from({ length: batch }, (_, b) => data.subarray(b * size, (b + 1) * size));
}

/** A state of `shape` whose examples are `rows`. */
export function fromExamples(rows: readonly Float64Array[], shape: readonly number[]): Array64 {
  const size = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * size);
  rows.forEach((row, b) => data.set(row, b * size));
  return { shape, data };
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** M v for M [rows, columns]. */
export function apply(matrix: Array64, v: Float64Array): Float64Array {
  const [rows, columns] = matrix.shape as [number, number];
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += matrix.data[i * columns + j]! * v[j]!;
    out[i] = sum;
  }
  return out;
}

/** M^T u for M [rows, columns]. */
export function applyTransposed(matrix: Array64, u: Float64Array): Float64Array {
  const [rows, columns] = matrix.shape as [number, number];
  const out = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    const factor = u[i]!;
    for (let j = 0; j < columns; j++) out[j]! += factor * matrix.data[i * columns + j]!;
  }
  return out;
}
