import type { Series } from '../types';
import type { WindowSet } from '../windows';

/** What a scaler is fitted on. */
export type ScalerData = Series | WindowSet;

/** Which series the numbers are: [batch, length, channels] row-major, or one series when the batch is 1. */
export interface ScaleContext {
  /** Rows of each series. */
  readonly length: number;
  /**
   * Price before the first row, for scalers of increments: [batch] for OHLC (the previous close), [batch, channels] for
   * returns; one number serves all. `scaler.starts(windows)` takes it from real windows.
   */
  readonly start?: number | ArrayLike<number>;
}

/** `y = S x + m`: the way back from standardised coordinates as an explicit affine map of one flattened series. */
export interface AffineMap {
  /** Number of coordinates D = length x channels. */
  readonly size: number;
  /** What y is: raw values, or their natural logarithms (prices modelled in logarithms are linear only there). */
  readonly space: 'raw' | 'log';
  /** S in compressed sparse rows: row i has `columns[starts[i] .. starts[i+1]]` and `values[...]`. Shared between maps: read only. */
  readonly rows: { readonly starts: Int32Array; readonly columns: Int32Array; readonly values: Float64Array };
  /** m, [D]. */
  readonly shift: Float64Array;
  /** S x + m for x [batch, D]; a new array. */
  apply(x: Float64Array): Float64Array;
  /** S as a dense [D, D] row-major array. */
  matrix(): Float64Array;
}

/** How prices are made comparable: their logarithms, their ratio to the start, or their difference to it. */
export type PriceScale = 'log' | 'relative' | 'raw';

export type ScalerKind = 'standard' | 'min-max' | 'ohlc-increments' | 'returns';

/** A scaler as plain JSON; `scalerFromJSON` makes it work again. */
export interface ScalerJson {
  readonly kind: ScalerKind;
  readonly version: 1;
  readonly channels: readonly string[];
  /** Value that becomes 0 in each coordinate of a row. */
  readonly shift: readonly number[];
  /** Raw units of one scaled unit in each coordinate of a row; never 0. */
  readonly scale: readonly number[];
  /** For `ohlc-increments` and `returns`. */
  readonly prices?: PriceScale;
}

/** An exactly invertible map between raw series and the coordinates that a model learns. Inputs are not changed. */
export interface Scaler {
  readonly kind: ScalerKind;
  readonly channels: readonly string[];
  /**
   * Raw to scaled, [batch, length, channels] row-major. Where `start` is needed and not given, the first open (OHLC) or
   * the first row (returns) of each series stands for it.
   */
  fromRaw(raw: Float64Array, context: ScaleContext): Float64Array;
  /** Scaled to raw; a scaler of increments needs `start`. */
  toRaw(scaled: Float64Array, context: ScaleContext): Float64Array;
  /** The affine map from one scaled series to raw (or log raw) values, for carrying linear constraints back. */
  affine(context: ScaleContext): AffineMap;
  /** The `start` of each window: its previous row where windows have it, else the first; empty when none is needed. */
  starts(windows: WindowSet): Float64Array;
  toJSON(): ScalerJson;
}
