import { LabError } from '@lab/tensor-core/errors';

/**
 * Solves S X = B for symmetric positive definite S [n, n], B [n, columns], both row-major; returns X.
 *
 * Kept beside the metrics so that their closed forms need no factorisation object: one small solve a call.
 */
export function solvePositive(matrix: Float64Array, rhs: Float64Array, columns = 1): Float64Array {
  const n = Math.round(Math.sqrt(matrix.length));
  const lower = Float64Array.from(matrix);
  for (let j = 0; j < n; j++) {
    let pivot = lower[j * n + j]!;
    for (let k = 0; k < j; k++) pivot -= lower[j * n + k]! ** 2;
    if (!(pivot > 0))
      throw new LabError('numeric', 'a matrix is not positive definite', {
        received: `pivot ${pivot} in row ${j}`,
        hint: 'raise the ridge',
      });
    const root = (lower[j * n + j] = Math.sqrt(pivot));
    for (let i = j + 1; i < n; i++) {
      let sum = lower[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      lower[i * n + j] = sum / root;
    }
  }
  const x = Float64Array.from(rhs);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < columns; c++) {
      let sum = x[i * columns + c]!;
      for (let k = 0; k < i; k++) sum -= lower[i * n + k]! * x[k * columns + c]!;
      x[i * columns + c] = sum / lower[i * n + i]!;
    }
  for (let i = n - 1; i >= 0; i--)
    for (let c = 0; c < columns; c++) {
      let sum = x[i * columns + c]!;
      for (let k = i + 1; k < n; k++) sum -= lower[k * n + i]! * x[k * columns + c]!;
      x[i * columns + c] = sum / lower[i * n + i]!;
    }
  return x;
}
