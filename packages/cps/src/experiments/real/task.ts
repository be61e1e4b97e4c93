import type { Array64 } from '@lab/tensor-core/linalg64';
import { permutation, type Key } from '@lab/tensor-core/random';
import type { Scale } from '../../projection';
import type { ConstraintSet } from '../../constraints';

/** Real series made ready: what a model is trained on, and what is generated against. */
export interface SeriesTask {
  readonly id: string;
  readonly title: string;
  /** Terms of the data. */
  readonly licence: string;
  /** What one time step and the values are, for axes. */
  readonly units: { readonly step: string; readonly value: string };
  readonly channels: readonly string[];
  /** Training windows [n, L, K] in the model's coordinates. */
  readonly train: Array64;
  /** Held-out windows [m, L, K] in the model's coordinates, from stretches of time that training does not touch. */
  readonly test: Array64;
  /** The same in raw units: constraints are read off these. */
  readonly testRaw: Array64;
  /** Further held-out windows in the model's coordinates, which no constraint comes from. */
  readonly fresh: Array64;
  /** Model coordinates to raw units. */
  readonly scale: Scale;
  toRaw(x: Array64): Array64;
  /** Raw units divided by this are of order 1: the units of DTW. */
  readonly spread: number;
  /** The constraints of the paper's protocol, read off raw series. */
  constraints(raw: Array64): ConstraintSet;
  /** The same in numbers [n, m] of order 1, for methods that are trained with constraints as an input. */
  parameters(raw: Array64): Array64;
  /** Entries (of the flattened window) whose value in the model's coordinates is given. */
  readonly given: readonly number[];
  /** Equality rows over model coordinates whose violation Loss-DiffTime is charged for, [m][D]. */
  readonly rows: readonly (readonly number[])[];
}

/** Only some of the windows. */
export function takeRows(series: Array64, indices: ArrayLike<number>): Array64 {
  const size = series.data.length / series.shape[0]!;
  const data = new Float64Array(indices.length * size);
  for (let i = 0; i < indices.length; i++)
    data.set(series.data.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  return { shape: [indices.length, ...series.shape.slice(1)], data };
}

/**
 * The numbers of at most `count` windows, drawn without replacement. Evenly spaced ones would alias with the hour of the day at
 * which windows begin.
 */
export function drawRows(key: Key, series: Array64, count: number): Int32Array {
  const rows = series.shape[0]!;
  return permutation(key, rows).slice(0, Math.min(rows, count)).sort();
}
