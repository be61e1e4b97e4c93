import { LabError } from '@lab/tensor-core/errors';
import type { Segment } from '../types';
import { meanAndScale } from './moments';
import { checkPrices } from './prices';
import { batchOf, isWindowSet, startsFor } from './shapes';
import type { PriceScale, ScaleContext, Scaler, ScalerData, ScalerJson } from './types';
import { lastStart, walkIn, walkOut, windowStarts, type WalkLayout } from './walk';
import { startedMap, walkPaths, type WalkPaths } from './walk-map';

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

export function walkScaler(layout: WalkLayout, json: ScalerJson): Scaler {
  const { kind, channels, shift, scale, prices = 'log' } = json;
  const { width, firstOf } = layout;
  const perSeries = firstOf.length;
  const positive = prices !== 'raw';
  const paths = new Map<number, WalkPaths>();

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
      // Made once a length: a batch asks for one map a series, and only starts tell them apart.
      const unit = paths.get(length) ?? walkPaths(layout, { json, length });
      paths.set(length, unit);
      return startedMap(layout, { unit, prices, starts });
    },
    starts: (windows) => windowStarts(layout, windows),
    toJSON: () => json,
  };
}
