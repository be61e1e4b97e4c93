import { array64, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';

export const gaussianMatrix = (seed: number, rows: number, columns: number): Array64 =>
  array64([rows, columns], normal64(key(seed), rows * columns));

export const gaussianVector = (seed: number, size: number): Float64Array => normal64(key(seed), size);

export const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, k) => sum + value * b[k]!, 0);

export const distance = (a: Float64Array, b: Float64Array): number =>
  Math.sqrt(a.reduce((sum, value, k) => sum + (value - b[k]!) ** 2, 0));
