import { LabError } from '@lab/tensor-core/errors';
import type { Segment } from './types';

export interface FillGapsOptions {
  /** Number of channels; `values` is [length, channels]. */
  readonly channels: number;
  /** Longest run of missing rows, of one channel, that is interpolated; 0 interpolates none. @default 0 */
  readonly maxGap?: number;
}

export interface FilledGaps {
  /** [rows.length, channels] without NaN. */
  readonly values: Float64Array;
  /** The rows of the input that were kept. */
  readonly rows: Int32Array;
  readonly segments: readonly Segment[];
  /** How many single values were interpolated. */
  readonly interpolated: number;
  /** How many rows were dropped. */
  readonly dropped: number;
}

/**
 * Interpolates short runs of NaN linearly, channel by channel, and drops the rows of longer ones, so that what is left
 * falls into segments. Runs at either end have one neighbour only: their rows are dropped.
 *
 * @param values [length, channels] row-major, NaN where missing; not changed
 * @example
 * fillGaps(Float64Array.of(1, NaN, 3), { channels: 1, maxGap: 1 }).values; // 1, 2, 3
 */
export function fillGaps(values: Float64Array, { channels, maxGap = 0 }: FillGapsOptions): FilledGaps {
  if (!Number.isInteger(channels) || channels < 1 || values.length % channels !== 0)
    throw new LabError('shape', 'fillGaps: values are not [length, channels]', {
      argument: 'channels',
      received: { values: values.length, channels },
    });
  const filled = Float64Array.from(values);
  let interpolated = 0;
  for (let channel = 0; channel < channels; channel++)
    interpolated += interpolate(filled, { channel, channels, maxGap });
  return { ...keepComplete(filled, channels), interpolated };
}

function interpolate(
  values: Float64Array,
  { channel, channels, maxGap }: { channel: number; channels: number; maxGap: number },
): number {
  const length = values.length / channels;
  const at = (row: number): number => row * channels + channel;
  let count = 0;
  let before = -1;
  for (let row = 0; row < length; row++) {
    if (Number.isNaN(values[at(row)])) continue;
    const missing = row - before - 1;
    if (before >= 0 && missing > 0 && missing <= maxGap) {
      const from = values[at(before)]!;
      const slope = (values[at(row)]! - from) / (row - before);
      for (let step = 1; step <= missing; step++) values[at(before + step)] = from + slope * step;
      count += missing;
    }
    before = row;
  }
  return count;
}

function keepComplete(values: Float64Array, channels: number): Omit<FilledGaps, 'interpolated'> {
  const length = values.length / channels;
  const rows: number[] = [];
  const segments: { start: number; end: number }[] = [];
  for (let row = 0; row < length; row++) {
    const complete = values
      .subarray(row * channels, (row + 1) * channels)
      .every((value) => !Number.isNaN(value));
    if (!complete) continue;
    const last = segments.at(-1);
    if (last && rows.at(-1) === row - 1) last.end = rows.length + 1;
    else segments.push({ start: rows.length, end: rows.length + 1 });
    rows.push(row);
  }
  const kept = new Float64Array(rows.length * channels);
  rows.forEach((row, index) =>
    kept.set(values.subarray(row * channels, (row + 1) * channels), index * channels),
  );
  return { values: kept, rows: Int32Array.from(rows), segments, dropped: length - rows.length };
}
