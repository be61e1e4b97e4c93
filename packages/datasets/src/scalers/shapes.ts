import { LabError } from '@lab/tensor-core/errors';
import type { WindowSet } from '../windows';
import type { ScaleContext, ScalerData } from './types';

/** How many series of [length, width] the values are; throws when they are not. */
export function batchOf(values: Float64Array, { length, width }: { length: number; width: number }): number {
  const batch = values.length / (length * width);
  if (Number.isInteger(length) && length >= 1 && Number.isInteger(batch)) return batch;
  throw new LabError('shape', 'scaler: values are not [batch, length, channels]', {
    argument: 'values',
    received: [values.length],
    expected: `a multiple of ${length} x ${width}`,
  });
}

/** One start a series and start coordinate, as [batch * perSeries]; throws when they do not fit or are not prices. */
export function startsFor(
  start: NonNullable<ScaleContext['start']>,
  { batch, perSeries, positive }: { batch: number; perSeries: number; positive: boolean },
): Float64Array {
  const expected = batch * perSeries;
  const starts =
    typeof start === 'number' ? new Float64Array(expected).fill(start) : Float64Array.from(start);
  if (starts.length !== expected)
    throw new LabError('shape', 'scaler: start does not fit the batch', {
      argument: 'start',
      received: [starts.length],
      expected: [expected],
    });
  const bad = starts.find((value) => !Number.isFinite(value) || (positive && value <= 0));
  if (bad !== undefined)
    throw new LabError('numeric', 'scaler: start is not a price', {
      argument: 'start',
      received: bad,
      expected: positive ? 'a positive number' : 'a finite number',
    });
  return starts;
}

/** True for a set of windows, false for one long series. */
export function isWindowSet(data: ScalerData): data is WindowSet {
  return 'count' in data;
}

/** Throws where a row's coordinate is not a finite number. */
export function checkFinite(values: ArrayLike<number>, channels: readonly string[]): void {
  for (let at = 0; at < values.length; at++)
    if (!Number.isFinite(values[at]))
      throw new LabError('numeric', 'scaler: a value is not a finite number', {
        argument: `row ${Math.floor(at / channels.length)}, channel '${channels[at % channels.length]!}'`,
        received: values[at],
      });
}
