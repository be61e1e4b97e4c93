import { ohlcIncrementsScaler, type SeriesDataset, type WindowSet } from '@lab/datasets';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { all, fixed, ohlc, totalReturn } from '../../constraints';
import { blockWindows } from './blocks';
import type { SeriesTask } from './task';

const length = 24;
const channels = ['open', 'high', 'low', 'close'] as const;
const width = channels.length;
const size = length * width;

/**
 * Price bars in units of the close before the window, modelled by their increments (open - previous close, high - open,
 * low - open, close - open, each standardised). Constraints: the order of each bar's prices (4 conditions in each of 24
 * bars), the first open, and the return from the first open to the last close.
 */
export function stockTask(dataset: SeriesDataset, { stride }: { readonly stride: number }): SeriesTask {
  const cut = { length, channels, previous: true };
  const blocks = blockWindows(dataset, {
    block: 120,
    every: 5,
    train: { ...cut, stride },
    test: { ...cut, stride: 2 },
  });
  const [train, test] = [relative(blocks.train), relative(blocks.test)];
  const scaler = ohlcIncrementsScaler(train, { prices: 'relative' });
  const context = { length, start: 1 };
  const scale = scaler.affine(context);
  const matrix = scale.matrix();
  const shapeOf = (count: number): number[] => [count, length, width];
  const inModel = ({ values, count }: WindowSet): Array64 => ({
    shape: shapeOf(count),
    data: scaler.fromRaw(values, context),
  });
  const ends = (raw: Array64, b: number): { first: number; total: number } => {
    const first = raw.data[b * size]!;
    return { first, total: raw.data[(b + 1) * size - 1]! / first - 1 };
  };
  const perSeries = <T>(raw: Array64, of: (b: number) => T): T[] =>
    Array.from({ length: raw.shape[0]! }, (_, b) => of(b));
  const spread = deviation(train.values);
  const trainModel = inModel(train);

  return {
    id: dataset.id,
    title: dataset.title,
    licence: dataset.licence,
    units: { step: 'trading day', value: 'price / close before' },
    channels,
    train: trainModel,
    test: inModel(test),
    fresh: inModel(relative(blocks.fresh)),
    testRaw: { shape: shapeOf(test.count), data: test.values },
    scale,
    toRaw: (x) => ({ shape: x.shape, data: scaler.toRaw(x.data, context) }),
    spread,
    constraints: (raw) =>
      all(
        ohlc(),
        fixed({ channel: 'open', values: { 0: perSeries(raw, (b) => ends(raw, b).first) } }),
        totalReturn({ channel: 'close', from: 'open', value: perSeries(raw, (b) => ends(raw, b).total) }),
      ),
    parameters: (raw) => ({
      shape: [raw.shape[0]!, 2],
      data: Float64Array.from(
        perSeries(raw, (b) => [(ends(raw, b).first - 1) / 0.01, ends(raw, b).total / spread]).flat(),
      ),
    }),
    given: [0],
    // The first open and the last close, in units of the spread, as functions of the increments.
    rows: [0, size - 1].map((entry) =>
      Array.from(matrix.subarray(entry * size, (entry + 1) * size), (value) => value / spread),
    ),
  };
}

/** Prices in units of the close before the window, so that one affine map serves all windows. */
function relative({ values, previous, ...rest }: WindowSet): WindowSet {
  const close = (window: number): number => previous![window * width + 3]!;
  return {
    ...rest,
    values: values.map((value, i) => value / close(Math.floor(i / size))),
    previous: previous!.map((value, i) => value / close(Math.floor(i / width))),
  };
}

function deviation(values: Float64Array): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(squares / values.length - mean * mean);
}
