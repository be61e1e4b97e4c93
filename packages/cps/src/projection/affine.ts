import type { RowBlock } from './row-block';

/** A pivoted Cholesky factor of G G' for equality rows alone: dependent rows are left out. */
export interface AffineFactor {
  /** Rows kept, in order of pivots. */
  readonly kept: Int32Array;
  /** Lower triangle, [rank, rank] row-major. */
  readonly factor: Float64Array;
}

/** Factors once for all samples. Rows whose pivot falls below 1e-12 of the greatest depend on the others. */
export function affineFactor(block: RowBlock): AffineFactor {
  const { rows } = block;
  const gram = gramMatrix(block);
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  const lower = new Float64Array(rows * rows);
  const diagonal = Float64Array.from({ length: rows }, (_, i) => gram[i * rows + i]!);
  const least = 1e-12 * Math.max(...diagonal);
  let rank = 0;
  for (; rank < rows; rank++) {
    let pivot = rank;
    for (let i = rank + 1; i < rows; i++) if (diagonal[order[i]!]! > diagonal[order[pivot]!]!) pivot = i;
    if (diagonal[order[pivot]!]! <= least) break;
    [order[rank], order[pivot]] = [order[pivot]!, order[rank]!];
    const k = order[rank]!;
    const root = Math.sqrt(diagonal[k]!);
    lower[k * rows + rank] = root;
    for (let a = rank + 1; a < rows; a++) {
      const i = order[a]!;
      let sum = gram[i * rows + k]!;
      for (let c = 0; c < rank; c++) sum -= lower[i * rows + c]! * lower[k * rows + c]!;
      lower[i * rows + rank] = sum / root;
      diagonal[i]! -= lower[i * rows + rank]! ** 2;
    }
  }
  const kept = order.slice(0, rank);
  const factor = new Float64Array(rank * rank);
  kept.forEach((row, a) => factor.set(lower.subarray(row * rows, row * rows + rank), a * rank));
  return { kept, factor };
}

/** G G', dense. */
export function gramMatrix({ rows, columns, starts, index, values }: RowBlock): Float64Array {
  const gram = new Float64Array(rows * rows);
  const spread = new Float64Array(columns);
  for (let i = 0; i < rows; i++) {
    for (let e = starts[i]!; e < starts[i + 1]!; e++) spread[index[e]!] = values[e]!;
    for (let k = 0; k < rows; k++) {
      let sum = 0;
      for (let e = starts[k]!; e < starts[k + 1]!; e++) sum += values[e]! * spread[index[e]!]!;
      gram[i * rows + k] = sum;
    }
    for (let e = starts[i]!; e < starts[i + 1]!; e++) spread[index[e]!] = 0;
  }
  return gram;
}

/**
 * x - G' (G G')^-1 (G x - b), in place; the multipliers of the kept rows go to `lambda`, those of the others are 0.
 * A second round with the remaining residual takes the rounding of the first away.
 */
export function projectAffine(
  block: RowBlock,
  { kept, factor }: AffineFactor,
  {
    x,
    target,
    lambda,
    vector,
  }: { x: Float64Array; target: Float64Array; lambda: Float64Array; vector: Float64Array },
): void {
  const rank = kept.length;
  const { starts, index, values } = block;
  lambda.fill(0, 0, block.rows);
  for (let round = 0; round < 2; round++) {
    for (let a = 0; a < rank; a++) {
      const i = kept[a]!;
      let sum = -target[i]!;
      for (let e = starts[i]!; e < starts[i + 1]!; e++) sum += values[e]! * x[index[e]!]!;
      for (let c = 0; c < a; c++) sum -= factor[a * rank + c]! * vector[c]!;
      vector[a] = sum / factor[a * rank + a]!;
    }
    for (let a = rank - 1; a >= 0; a--) {
      let sum = vector[a]!;
      for (let c = a + 1; c < rank; c++) sum -= factor[c * rank + a]! * vector[c]!;
      vector[a] = sum / factor[a * rank + a]!;
    }
    for (let a = 0; a < rank; a++) {
      const i = kept[a]!;
      lambda[i]! += vector[a]!;
      for (let e = starts[i]!; e < starts[i + 1]!; e++) x[index[e]!]! -= vector[a]! * values[e]!;
    }
  }
}
