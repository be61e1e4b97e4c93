import { LabError } from '@lab/tensor-core/errors';
import { channelIndexes, checkSeries } from './series';
import type { Series } from './types';

export interface WindowsOptions {
  /** Rows in each window, at least 1. */
  readonly length: number;
  /** Rows from one window's start to the next one's; below `length` they overlap. @default 1 */
  readonly stride?: number;
  /** Names of the channels to take, in this order. @default all */
  readonly channels?: readonly string[];
  /** Only windows that have a row before them in the same segment; those rows are then in `previous`. @default false */
  readonly previous?: boolean;
}

/** Equally long pieces of a series. */
export interface WindowSet {
  /** [count, length, channels] row-major; a copy, the caller's own. */
  readonly values: Float64Array;
  readonly count: number;
  readonly length: number;
  readonly channels: readonly string[];
  /** [count] the row of the series at which each window starts. */
  readonly starts: Int32Array;
  /** [count, channels] the row before each window, when `previous` was asked for. */
  readonly previous?: Float64Array;
}

/**
 * Cuts a series into windows. No window spans a gap: each lies inside one segment.
 *
 * @example
 * windows(series, { length: 24, stride: 24, channels: ['open', 'high', 'low', 'close'] });
 */
export function windows(series: Series, options: WindowsOptions): WindowSet {
  const { length, stride = 1, previous = false } = options;
  checkSeries(series);
  checkCount('length', length);
  checkCount('stride', stride);
  const columns = channelIndexes(series, options.channels);
  const starts = windowStarts(series, { length, stride, skip: previous ? 1 : 0 });
  const size = length * columns.length;
  const values = new Float64Array(starts.length * size);
  const before = new Float64Array(starts.length * columns.length);
  starts.forEach((start, window) => {
    copyRows(series, { columns, row: start, rows: length, into: values, offset: window * size });
    if (previous)
      copyRows(series, { columns, row: start - 1, rows: 1, into: before, offset: window * columns.length });
  });
  return {
    values,
    count: starts.length,
    length,
    channels: columns.map((column) => series.channels[column]!),
    starts: Int32Array.from(starts),
    ...(previous && { previous: before }),
  };
}

function windowStarts(
  series: Series,
  { length, stride, skip }: { length: number; stride: number; skip: number },
): number[] {
  const starts: number[] = [];
  for (const { start, end } of series.segments)
    for (let row = start + skip; row + length <= end; row += stride) starts.push(row);
  return starts;
}

function copyRows(
  { values, channels }: Series,
  from: { columns: readonly number[]; row: number; rows: number; into: Float64Array; offset: number },
): void {
  let at = from.offset;
  for (let row = from.row; row < from.row + from.rows; row++)
    for (const column of from.columns) from.into[at++] = values[row * channels.length + column]!;
}

function checkCount(argument: string, received: number): void {
  if (Number.isInteger(received) && received >= 1) return;
  throw new LabError('argument', `windows: ${argument} is not a count`, {
    argument,
    received,
    expected: 'an integer of at least 1',
  });
}
