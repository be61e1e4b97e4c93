import { LabError } from '@lab/tensor-core/errors';
import type { Segment } from '../types';
import type { WindowSet } from '../windows';
import { affineMap } from './affine-map';
import { meanAndScale } from './moments';
import { checkPrices, priceScales } from './prices';
import { batchOf, isWindowSet, startsFor } from './shapes';
import type { PriceScale, Scaler, ScalerData, ScaleContext, ScalerJson } from './types';

/**
 * A walk in `width` price coordinates told by its increments. Each coordinate of a row is the one it leans on plus its
 * own increment: for OHLC the open leans on the previous close, and high, low and close lean on the open of their row.
 */
export interface WalkLayout {
  readonly kind: 'ohlc-increments' | 'returns';
  readonly width: number;
  /** For each coordinate k: the one of the same row that it leans on, or -1 for the previous row's `carries(k)`. */
  readonly leans: readonly number[];
  /** The coordinate of the previous row that k leans on when `leans[k]` is -1. */
  readonly carries: readonly number[];
  /** Index of the start that k's series begins from. */
  readonly startOf: readonly number[];
  /** Coordinate of a first row that stands for each start when none is given. */
  readonly firstOf: readonly number[];
}

export function fitWalk(
  layout: WalkLayout,
  { data, prices }: { data: ScalerData; prices: PriceScale },
): Scaler {
  const { width } = layout;
  checkPrices(data.values, { prices, channels: data.channels });
  const increments: number[] = [];
  for (const { series, start } of pieces(layout, data)) {
    const walked = walkIn(layout, { prices, raw: series, starts: start });
    for (const value of walked) increments.push(value);
  }
  const { mean, scale } = meanAndScale(increments, width);
  return walkScaler(layout, {
    kind: layout.kind,
    version: 1,
    channels: data.channels,
    shift: [...mean],
    scale: [...scale],
    prices,
  });
}

/** Each stretch of rows that has a row before it, with the start that this row gives. */
function* pieces(
  layout: WalkLayout,
  data: ScalerData,
): Iterable<{ series: Float64Array; start: Float64Array }> {
  const { width } = layout;
  const spans: readonly Segment[] = isWindowSet(data)
    ? Array.from({ length: data.count }, (_, w) => ({ start: w * data.length, end: (w + 1) * data.length }))
    : data.segments;
  const before = isWindowSet(data) ? data.previous : undefined;
  for (const [index, { start, end }] of spans.entries()) {
    // Without the row before it a first row has no increment; a made-up one would bias the moments.
    const from = before ? start : start + 1;
    if (from >= end) continue;
    const row = before
      ? before.subarray(index * width, (index + 1) * width)
      : data.values.subarray(start * width, (start + 1) * width);
    yield { series: data.values.subarray(from * width, end * width), start: lastStart(layout, row) };
  }
}

/** The starts that the row before a series gives. */
function lastStart({ startOf, carries, leans }: WalkLayout, row: Float64Array): Float64Array {
  const starts = new Float64Array(Math.max(...startOf) + 1);
  startOf.forEach((start, k) => {
    if (leans[k] === -1) starts[start] = row[carries[k]!]!;
  });
  return starts;
}

/** Increments of one series [length, width] from its prices. */
function walkIn(
  layout: WalkLayout,
  { prices, raw, starts }: { prices: PriceScale; raw: Float64Array; starts: Float64Array },
): Float64Array {
  const { width, leans, carries, startOf } = layout;
  const { into } = priceScales[prices];
  const at = raw.map((price, i) => into(price, starts[startOf[i % width]!]!));
  return at.map((value, i) => {
    const k = i % width;
    const base = leans[k] === -1 ? i - k - width + carries[k]! : i - k + leans[k]!;
    return value - (base < 0 ? 0 : at[base]!);
  });
}

/** Prices of one series from its increments; the inverse of `walkIn`. */
function walkOut(
  layout: WalkLayout,
  { prices, increments, starts }: { prices: PriceScale; increments: Float64Array; starts: Float64Array },
): Float64Array {
  const { width, leans, carries, startOf } = layout;
  const { out } = priceScales[prices];
  const at = new Float64Array(increments.length);
  for (let i = 0; i < at.length; i++) {
    const k = i % width;
    const base = leans[k] === -1 ? i - k - width + carries[k]! : i - k + leans[k]!;
    at[i] = (base < 0 ? 0 : at[base]!) + increments[i]!;
  }
  return at.map((coordinate, i) => out(coordinate, starts[startOf[i % width]!]!));
}

export function walkScaler(layout: WalkLayout, json: ScalerJson): Scaler {
  const { kind, channels, shift, scale, prices = 'log' } = json;
  const { width, firstOf } = layout;
  const perSeries = firstOf.length;
  const positive = prices !== 'raw';

  const startsOf = (values: Float64Array, { length, start }: ScaleContext): Float64Array => {
    const batch = batchOf(values, { length, width });
    if (start !== undefined) return startsFor(start, { batch, perSeries, positive });
    return Float64Array.from({ length: batch * perSeries }, (_, at) => {
      const series = Math.floor(at / perSeries);
      return values[series * length * width + firstOf[at % perSeries]!]!;
    });
  };
  const eachSeries = (
    values: Float64Array,
    { length, starts }: { length: number; starts: Float64Array },
    walk: (series: Float64Array, start: Float64Array) => Float64Array,
  ): Float64Array => {
    const size = length * width;
    const result = new Float64Array(values.length);
    for (let series = 0; series * size < values.length; series++)
      result.set(
        walk(
          values.subarray(series * size, (series + 1) * size),
          starts.subarray(series * perSeries, (series + 1) * perSeries),
        ),
        series * size,
      );
    return result;
  };
  const needStart = (start: ScaleContext['start']): NonNullable<ScaleContext['start']> => {
    if (start !== undefined) return start;
    throw new LabError('argument', `${kind}: increments alone do not say where prices start`, {
      argument: 'start',
      hint: 'pass the price before the first row, such as scaler.starts(windows)',
    });
  };

  return {
    kind,
    channels,
    fromRaw: (raw, context) => {
      checkPrices(raw, { prices, channels });
      const starts = startsOf(raw, context);
      const increments = eachSeries(raw, { length: context.length, starts }, (series, start) =>
        walkIn(layout, { prices, raw: series, starts: start }),
      );
      return increments.map((value, i) => (value - shift[i % width]!) / scale[i % width]!);
    },
    toRaw: (scaled, context) => {
      const starts = startsOf(scaled, { ...context, start: needStart(context.start) });
      const increments = scaled.map((value, i) => value * scale[i % width]! + shift[i % width]!);
      return eachSeries(increments, { length: context.length, starts }, (series, start) =>
        walkOut(layout, { prices, increments: series, starts: start }),
      );
    },
    affine: ({ length, start }) => {
      const starts = startsFor(needStart(start), { batch: 1, perSeries, positive });
      return walkMap(layout, { json, length, starts });
    },
    starts: (windows) => windowStarts(layout, windows),
    toJSON: () => json,
  };
}

/** Row i of S: the increments on the path from the start to coordinate i, times their scales. */
function walkMap(
  { width, leans, carries, startOf }: WalkLayout,
  { json, length, starts }: { json: ScalerJson; length: number; starts: Float64Array },
): ReturnType<typeof affineMap> {
  const { shift, scale, prices = 'log' } = json;
  const { slope, origin } = priceScales[prices];
  const path = (i: number): number[] => {
    const steps: number[] = [];
    for (let at = i; at >= 0;) {
      steps.push(at);
      const k = at % width;
      at = leans[k] === -1 ? at - k - width + carries[k]! : at - k + leans[k]!;
    }
    return steps.reverse();
  };
  const size = length * width;
  const startAt = (i: number): number => starts[startOf[i % width]!]!;
  return affineMap(size, {
    space: prices === 'log' ? 'log' : 'raw',
    shift: Float64Array.from({ length: size }, (_, i) => {
      const drift = path(i).reduce((sum, step) => sum + shift[step % width]!, 0);
      return origin(startAt(i)) + slope(startAt(i)) * drift;
    }),
    row: (i, put) => path(i).forEach((step) => put(step, slope(startAt(i)) * scale[step % width]!)),
  });
}

function windowStarts(layout: WalkLayout, { values, count, length, previous }: WindowSet): Float64Array {
  const { width, firstOf } = layout;
  const perSeries = firstOf.length;
  const starts = new Float64Array(count * perSeries);
  for (let w = 0; w < count; w++)
    if (previous) starts.set(lastStart(layout, previous.subarray(w * width, (w + 1) * width)), w * perSeries);
    else firstOf.forEach((k, index) => (starts[w * perSeries + index] = values[w * length * width + k]!));
  return starts;
}
