import { seriesOf, standardScaler, type Series, type SeriesDataset, type WindowSet } from '@lab/datasets';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { all, bounds, constraintsFrom, type ConstraintSet } from '../../constraints';
import { blockWindows, joinWindows } from './blocks';
import type { SeriesTask } from './task';

const length = 96;
const stamps = [0, 23, 47, 71, 95];

export interface HourlyOptions {
  /** Hours from one training window's start to the next one's. */
  readonly stride: number;
  /** What one unit is, for axes. */
  readonly value: string;
}

/**
 * Four days of hourly counts or concentrations, each channel of the data set a series of its own in units of its mean.
 * Constraints: the mean, the values at five stamps, positions and values of the greatest and the least entry (which bound
 * all others), and non-negativity.
 */
export function hourlyTask(dataset: SeriesDataset, { stride, value }: HourlyOptions): SeriesTask {
  const cut = { length };
  const parts = dataset.channels.map((channel) =>
    blockWindows(ofChannel(dataset, channel), {
      block: 336,
      every: 4,
      train: { ...cut, stride },
      // Coprime to 24, so that windows begin at every hour of the day.
      test: { ...cut, stride: 11 },
    }),
  );
  const train = joinWindows(parts.map((part) => part.train));
  const test = joinWindows(parts.map((part) => part.test));
  const fresh = joinWindows(parts.map((part) => part.fresh));
  const scaler = standardScaler(train);
  const arrayOf = ({ count, values }: WindowSet): Array64 => ({ shape: [count, length, 1], data: values });
  const inModel = (set: WindowSet): Array64 => ({
    shape: [set.count, length, 1],
    data: scaler.fromRaw(set.values, { length }),
  });
  const { shift, scale } = scaler.toJSON();
  const standard = (raw: number): number => (raw - shift[0]!) / scale[0]!;

  return {
    id: dataset.id,
    title: dataset.title,
    licence: dataset.licence,
    units: { step: 'hour', value },
    channels: ['value'],
    train: inModel(train),
    test: inModel(test),
    testRaw: arrayOf(test),
    fresh: inModel(fresh),
    scale: { scale: scale[0]!, shift: shift[0]! },
    toRaw: (x) => ({ shape: x.shape, data: scaler.toRaw(x.data, { length }) }),
    spread: scale[0]!,
    constraints,
    parameters: (raw) => {
      const rows = Array.from({ length: raw.shape[0]! }, (_, b) =>
        described(raw.data.subarray(b * length, (b + 1) * length), standard),
      );
      return { shape: [rows.length, rows[0]?.length ?? 0], data: Float64Array.from(rows.flat()) };
    },
    given: stamps,
    rows: [
      Array.from({ length }, () => 1 / length),
      ...stamps.map((stamp) => Array.from({ length }, (_, t) => (t === stamp ? 1 : 0))),
    ],
  };
}

function constraints(raw: Array64): ConstraintSet {
  return all(constraintsFrom(raw, { mean: true, stamps, peaks: true }), bounds({ lower: 0 }));
}

/** Mean, stamps, and for both extremes value and position, the position as an angle of the day and a share of the window. */
function described(row: Float64Array, standard: (raw: number) => number): number[] {
  const mean = row.reduce((sum, each) => sum + each, 0) / length;
  const place = (sign: number): number =>
    row.reduce((best, each, t) => (sign * each > sign * row[best]! ? t : best), 0);
  const extreme = (at: number): number[] => {
    const angle = (2 * Math.PI * at) / 24;
    return [standard(row[at]!), Math.sin(angle), Math.cos(angle), (2 * at) / length - 1];
  };
  return [
    standard(mean),
    ...stamps.map((stamp) => standard(row[stamp]!)),
    ...extreme(place(1)),
    ...extreme(place(-1)),
  ];
}

/** One channel as a series of its own, in units of its mean. */
function ofChannel(dataset: SeriesDataset, channel: string): Series {
  const width = dataset.channels.length;
  const column = dataset.channels.indexOf(channel);
  const values = Float64Array.from({ length: dataset.length }, (_, t) => dataset.values[t * width + column]!);
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  return seriesOf(
    values.map((each) => each / mean),
    { channels: ['value'], segments: dataset.segments },
  );
}
