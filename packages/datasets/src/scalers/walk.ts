import type { WindowSet } from '../windows';
import { priceScales } from './prices';
import type { PriceScale } from './types';

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

/** Increments of one series [length, width] from its prices. */
export function walkIn(
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
export function walkOut(
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

/** The starts that the row before a series gives. */
export function lastStart({ startOf, carries, leans }: WalkLayout, row: Float64Array): Float64Array {
  const starts = new Float64Array(Math.max(...startOf) + 1);
  startOf.forEach((start, k) => {
    if (leans[k] === -1) starts[start] = row[carries[k]!]!;
  });
  return starts;
}

/** The starts of each window: from its previous row where it has one, else from its first. */
export function windowStarts(
  layout: WalkLayout,
  { values, count, length, previous }: WindowSet,
): Float64Array {
  const { width, firstOf } = layout;
  const perSeries = firstOf.length;
  const starts = new Float64Array(count * perSeries);
  for (let w = 0; w < count; w++)
    if (previous) starts.set(lastStart(layout, previous.subarray(w * width, (w + 1) * width)), w * perSeries);
    else firstOf.forEach((k, index) => (starts[w * perSeries + index] = values[w * length * width + k]!));
  return starts;
}
