import type { Array64 } from '@lab/tensor-core/linalg64';

export interface ResidualMove {
  /** A [m, D], row-major. */
  readonly matrix: Float64Array;
  /** G [m, D]: row i is how far each entry moves for a residual of 1 in constraint i. */
  readonly gain: Float64Array;
  /** y, [m] for all samples or [B, m] with one row for each. */
  readonly values: Array64;
}

/** `x + sum_i G_i (y_i - a_i x)` for every sample of x [B, D], one constraint after the other. */
export function moveByResidual(x: Array64, { matrix, gain, values }: ResidualMove): Array64 {
  const rows = values.shape[values.shape.length - 1]!;
  const size = matrix.length / rows;
  const perSample = values.shape.length > 1;
  const data = Float64Array.from(x.data);
  for (let b = 0; b * size < data.length; b++)
    for (let i = 0; i < rows; i++) {
      let residual = values.data[(perSample ? b * rows : 0) + i]!;
      for (let j = 0; j < size; j++) residual -= matrix[i * size + j]! * x.data[b * size + j]!;
      for (let j = 0; j < size; j++) data[b * size + j]! += gain[i * size + j]! * residual;
    }
  return { shape: x.shape, data };
}
