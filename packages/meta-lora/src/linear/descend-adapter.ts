import { transpose, type Array64 } from '@lab/tensor-core/linalg64';

interface DescendOptions {
  /** F + F^T with F = A C - S, which stays as it is while the adapter moves. */
  readonly symmetric: Array64;
  /** C = X X^T / N */
  readonly covariance: Array64;
  readonly rate: number;
  readonly steps: number;
}

/**
 * Steps of gradient descent on a symmetric adapter, U -= rate (E + E^T) U: as `adapterDirection`, in place and with the products in
 * an order that costs O(d^2 k), since a retraining takes 10^5 of them.
 */
export function descendAdapter(
  start: Array64,
  { symmetric, covariance, rate, steps }: DescendOptions,
): Array64 {
  const [d, k] = start.shape as [number, number];
  const u = start.data.slice();
  const slope = new Float64Array(d * k);
  const moved = new Float64Array(d * k);
  const gram = new Float64Array(k * k);
  const mixed = new Float64Array(k * k);
  for (let step = 0; step < steps; step++) {
    times(symmetric.data, u, slope, [d, d, k]);
    times(covariance.data, u, moved, [d, d, k]);
    transposedTimes(u, u, gram, d, k);
    transposedTimes(moved, u, mixed, d, k);
    for (let i = 0; i < d; i++)
      for (let j = 0; j < k; j++) {
        let sum = slope[i * k + j]!;
        for (let l = 0; l < k; l++)
          sum += u[i * k + l]! * mixed[l * k + j]! + moved[i * k + l]! * gram[l * k + j]!;
        slope[i * k + j] = sum;
      }
    for (let i = 0; i < u.length; i++) u[i]! -= rate * slope[i]!;
  }
  return { shape: start.shape, data: u };
}

interface DescendFactorsOptions {
  /** F = A C - S [outputs, inputs], which stays as it is while the adapter moves. */
  readonly fixed: Array64;
  /** C = X X^T / n [inputs, inputs] */
  readonly covariance: Array64;
  readonly rate: number;
  readonly steps: number;
}

/**
 * Steps of gradient descent on both factors of U V^T at once, as `descendAdapter` in place:
 * U -= rate (F + U V^T C) V, V -= rate (F + U V^T C)^T U.
 */
export function descendFactors(
  [up, down]: readonly [up: Array64, down: Array64],
  { fixed, covariance, rate, steps }: DescendFactorsOptions,
): [up: Array64, down: Array64] {
  const [outputs, inputs] = fixed.shape as [number, number];
  const k = up.shape[1]!;
  const [u, v] = [up.data.slice(), down.data.slice()];
  const back = transpose(fixed).data;
  const [slopeU, slopeV] = [new Float64Array(u.length), new Float64Array(v.length)];
  const moved = new Float64Array(v.length);
  const [gram, mixed] = [new Float64Array(k * k), new Float64Array(k * k)];
  for (let step = 0; step < steps; step++) {
    times(covariance.data, v, moved, [inputs, inputs, k]);
    transposedTimes(moved, v, mixed, inputs, k);
    transposedTimes(u, u, gram, outputs, k);
    times(fixed.data, v, slopeU, [outputs, inputs, k]);
    times(back, u, slopeV, [inputs, outputs, k]);
    addTimes(u, mixed, slopeU, k);
    addTimes(moved, gram, slopeV, k);
    for (let i = 0; i < u.length; i++) u[i]! -= rate * slopeU[i]!;
    for (let i = 0; i < v.length; i++) v[i]! -= rate * slopeV[i]!;
  }
  return [
    { shape: up.shape, data: u },
    { shape: down.shape, data: v },
  ];
}

/** out += x a for x [rows, k] and a [k, k]. */
function addTimes(x: Float64Array, a: Float64Array, out: Float64Array, k: number): void {
  for (let i = 0; i < x.length; i += k)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum += x[i + l]! * a[l * k + j]!;
      out[i + j]! += sum;
    }
}

/** out = A x for A [rows, columns] and x [columns, k]. */
function times(
  a: Float64Array,
  x: Float64Array,
  out: Float64Array,
  [rows, columns, k]: readonly [number, number, number],
): void {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < columns; l++) sum += a[i * columns + l]! * x[l * k + j]!;
      out[i * k + j] = sum;
    }
}

/** out = x^T y for x and y [d, k]. */
function transposedTimes(x: Float64Array, y: Float64Array, out: Float64Array, d: number, k: number): void {
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let l = 0; l < d; l++) sum += x[l * k + i]! * y[l * k + j]!;
      out[i * k + j] = sum;
    }
}
