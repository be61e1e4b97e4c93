/**
 * Factors a symmetric positive matrix in place, lower triangle, row by row, touching only the envelope: row i has nonzeros from
 * column `first[i]` on and the factor has no others (George and Liu, 1981). A pivot that falls below `floor` times its
 * diagonal marks a row that depends on earlier ones; it is given weight 0 in the solution.
 */
export function envelopeFactor(
  matrix: Float64Array,
  { size, stride, first, floor }: { size: number; stride: number; first: Int32Array; floor: number },
): void {
  for (let i = 0; i < size; i++) {
    const row = i * stride;
    const start = first[i]!;
    for (let j = start; j < i; j++) {
      const other = j * stride;
      let sum = matrix[row + j]!;
      for (let k = Math.max(start, first[j]!); k < j; k++) sum -= matrix[row + k]! * matrix[other + k]!;
      matrix[row + j] = sum * matrix[other + j]!;
    }
    let pivot = matrix[row + i]!;
    const least = floor * pivot;
    for (let k = start; k < i; k++) pivot -= matrix[row + k]! * matrix[row + k]!;
    // The reciprocal is stored: two solves and every later row multiply by it.
    matrix[row + i] = pivot > least ? 1 / Math.sqrt(pivot) : 0;
  }
}

/** Solves with the factor, in place. */
export function envelopeSolve(
  factor: Float64Array,
  vector: Float64Array,
  { size, stride, first }: { size: number; stride: number; first: Int32Array },
): void {
  for (let i = 0; i < size; i++) {
    const row = i * stride;
    let sum = vector[i]!;
    for (let k = first[i]!; k < i; k++) sum -= factor[row + k]! * vector[k]!;
    vector[i] = sum * factor[row + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    const row = i * stride;
    const value = vector[i]! * factor[row + i]!;
    vector[i] = value;
    for (let k = first[i]!; k < i; k++) vector[k]! -= factor[row + k]! * value;
  }
}
