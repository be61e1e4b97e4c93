import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal64, type Key } from '@lab/tensor-core/random';

export const matrix = (...rows: readonly (readonly number[])[]): Array64 => ({
  shape: [rows.length, rows[0]!.length],
  data: Float64Array.from(rows.flat()),
});

export const gaussian = (key: Key, ...shape: readonly number[]): Array64 => ({
  shape,
  data: normal64(key, shape),
});

/** Labels -1 and 1 by fair coins. */
export const coins = (key: Key, ...shape: readonly number[]): Array64 => ({
  shape,
  data: normal64(key, shape).map((value) => (value < 0 ? -1 : 1)),
});

export const column = ({ shape, data }: Array64, t: number): Float64Array =>
  Float64Array.from({ length: shape[0]! }, (_, i) => data[i * shape[1]! + t]!);

export function cosine(a: Array64, b: Array64): number {
  const dot = (x: Float64Array, y: Float64Array): number =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a.data, b.data) / Math.sqrt(dot(a.data, a.data) * dot(b.data, b.data));
}

/** ||a - b|| / ||b||. */
export function relativeDifference(a: Array64, b: Array64): number {
  return Math.hypot(...a.data.map((value, i) => value - b.data[i]!)) / Math.hypot(...b.data);
}
