import { LabError } from '@lab/tensor-core/errors';
import { fitWalk } from './increments';
import type { PriceScale, Scaler, ScalerData } from './types';
import type { WalkLayout } from './walk';

export interface IncrementsOptions {
  /**
   * `log` models ratios of prices; `relative` and `raw` keep the map to prices itself linear. Fit `relative` on windows: a
   * long series drifts away from its start, and its increments grow with it. @default 'log'
   */
  readonly prices?: PriceScale;
}

/** Channels open, high, low, close: the open leans on the previous close, the others on the open of their row. */
export const ohlcLayout: WalkLayout = {
  kind: 'ohlc-increments',
  width: 4,
  leans: [-1, 0, 0, 0],
  carries: [3, -1, -1, -1],
  startOf: [0, 0, 0, 0],
  firstOf: [0],
};

/**
 * Price bars as standardised increments: open - previous close, high - open, low - open, close - open.
 *
 * Projections onto constraints are only as good as the coordinates: prices are a strongly correlated walk, whose increments
 * are nearly independent and alike, so a distance between increments means what it should. `affine` gives the linear map back
 * to prices (to log prices for `prices: 'log'`, in which the order of prices and returns are linear as well).
 *
 * @param data channels open, high, low, close in this order; windows with `previous` use every row
 * @throws LabError `shape` for other channels, `numeric` for a price that is not positive
 * @example
 * const bars = windows(await loadSp500(), { length: 24, stride: 24, previous: true });
 * const scaler = ohlcIncrementsScaler(bars);
 * const x = scaler.fromRaw(bars.values, { length: 24, start: scaler.starts(bars) });
 */
export function ohlcIncrementsScaler(data: ScalerData, { prices = 'log' }: IncrementsOptions = {}): Scaler {
  if (data.channels.length !== 4)
    throw new LabError('shape', 'ohlcIncrementsScaler: there are not four channels', {
      argument: 'data.channels',
      received: data.channels,
      expected: 'open, high, low, close in this order',
      hint: 'windows(series, { channels: [...] }) chooses and orders channels',
    });
  return fitWalk(ohlcLayout, { data, prices });
}

/** Every channel leans on its own previous row. */
export function returnsLayout(width: number): WalkLayout {
  const each = Array.from({ length: width }, (_, k) => k);
  return {
    kind: 'returns',
    width,
    leans: each.map(() => -1),
    carries: each,
    startOf: each,
    firstOf: each,
  };
}

/**
 * Each channel as its standardised changes from row to row: log returns, or differences for `relative` and `raw`.
 *
 * @throws LabError `numeric` for a value that is not positive, unless `prices` is `raw`
 */
export function returnsScaler(data: ScalerData, { prices = 'log' }: IncrementsOptions = {}): Scaler {
  return fitWalk(returnsLayout(data.channels.length), { data, prices });
}
