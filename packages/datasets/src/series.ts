import { LabError } from '@lab/tensor-core/errors';
import type { Segment, Series } from './types';

export interface SeriesOptions {
  readonly channels: readonly string[];
  readonly timestamps?: Float64Array;
  /** @default one segment of all rows */
  readonly segments?: readonly Segment[];
}

/**
 * A series of numbers that are already in memory.
 *
 * @param values [length, channels] row-major, finite; kept, not copied
 * @throws LabError `shape` when the lengths do not fit, `numeric` at a value that is not finite
 * @example
 * seriesOf(Float64Array.of(1, 10, 2, 20), { channels: ['a', 'b'] }).length; // 2
 */
export function seriesOf(values: Float64Array, { channels, timestamps, segments }: SeriesOptions): Series {
  const length = values.length / channels.length;
  const series: Series = {
    values,
    length,
    channels,
    segments: segments ?? (length > 0 ? [{ start: 0, end: length }] : []),
    ...(timestamps && { timestamps }),
  };
  checkSeries(series);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new LabError('numeric', 'a series holds only finite numbers', {
      argument: `values[${Math.floor(bad / channels.length)}, ${channels[bad % channels.length]!}]`,
      received: values[bad],
      hint: 'fillGaps interpolates short gaps and splits the series at long ones',
    });
  return series;
}

/** The rows [start, end) as a series of its own. Values are views of the same memory. */
export function sliceSeries(series: Series, { start, end }: Segment): Series {
  const width = series.channels.length;
  const segments = series.segments
    .map((segment) => ({ start: Math.max(segment.start, start), end: Math.min(segment.end, end) }))
    .filter((segment) => segment.end > segment.start)
    .map((segment) => ({ start: segment.start - start, end: segment.end - start }));
  return {
    values: series.values.subarray(start * width, end * width),
    length: end - start,
    channels: series.channels,
    segments,
    ...(series.timestamps && { timestamps: series.timestamps.subarray(start, end) }),
  };
}

/** Indexes of the named channels, in the order asked for; all when none are named. */
export function channelIndexes({ channels }: Series, names?: readonly string[]): number[] {
  return (names ?? channels).map((name) => {
    const index = channels.indexOf(name);
    if (index >= 0) return index;
    throw new LabError('argument', `the series has no channel '${name}'`, {
      argument: 'channels',
      received: name,
      expected: channels,
    });
  });
}

/** Throws unless lengths, channels, times and segments fit together. */
export function checkSeries({ values, length, channels, timestamps, segments }: Series): void {
  const fail = (sentence: string, received: unknown): never => {
    throw new LabError('shape', `series: ${sentence}`, { received });
  };
  if (channels.length === 0) fail('there is no channel', channels);
  if (!Number.isInteger(length) || values.length !== length * channels.length)
    fail('values are not [length, channels]', { values: values.length, channels: channels.length });
  if (timestamps && timestamps.length !== length)
    fail('there is not one time a row', { length, timestamps: timestamps.length });
  let row = 0;
  for (const { start, end } of segments) {
    if (start !== row || end <= start || end > length)
      fail('segments do not cover the rows in order', segments);
    row = end;
  }
  if (row !== length) fail('segments do not cover the rows in order', segments);
}
