import { LabError } from '@lab/tensor-core/errors';
import { affineMap, sparseRows } from './affine-map';
import { meanAndScale } from './moments';
import { batchOf, checkFinite } from './shapes';
import type { Scaler, ScalerData, ScalerJson } from './types';

export interface StandardScalerOptions {
  /** One mean and deviation a channel, or one for all, which keeps the channels' order. @default 'channel' */
  readonly per?: 'channel' | 'global';
}

/**
 * Mean 0 and standard deviation 1 (over the data, divided by n). A constant channel keeps its unit.
 *
 * @example
 * const scaler = standardScaler(train);
 * const x = scaler.fromRaw(train.values, { length: train.length });
 */
export function standardScaler(data: ScalerData, { per = 'channel' }: StandardScalerOptions = {}): Scaler {
  checkFinite(data.values, data.channels);
  const width = data.channels.length;
  const { mean, scale } = meanAndScale(data.values, per === 'global' ? 1 : width);
  const each = (values: Float64Array): number[] =>
    data.channels.map((_, k) => values[per === 'global' ? 0 : k]!);
  return diagonalScaler({
    kind: 'standard',
    version: 1,
    channels: data.channels,
    shift: each(mean),
    scale: each(scale),
  });
}

export interface MinMaxScalerOptions {
  /** What the least and the greatest value of each channel become. @default [0, 1] */
  readonly range?: readonly [low: number, high: number];
}

/** Each channel's range in the data onto `range`. A constant channel keeps its unit and goes to the lower end. */
export function minMaxScaler(data: ScalerData, { range = [0, 1] }: MinMaxScalerOptions = {}): Scaler {
  checkFinite(data.values, data.channels);
  const [low, high] = range;
  if (!(low < high))
    throw new LabError('argument', 'minMaxScaler: the range is empty', {
      argument: 'range',
      received: range,
    });
  const width = data.channels.length;
  const least = new Float64Array(width).fill(Infinity);
  const most = new Float64Array(width).fill(-Infinity);
  data.values.forEach((value, at) => {
    least[at % width] = Math.min(least[at % width]!, value);
    most[at % width] = Math.max(most[at % width]!, value);
  });
  const scale = data.channels.map((_, k) =>
    most[k] === least[k] ? 1 : (most[k]! - least[k]!) / (high - low),
  );
  const shift = scale.map((unit, k) => least[k]! - unit * low);
  return diagonalScaler({ kind: 'min-max', version: 1, channels: data.channels, shift, scale });
}

/** raw = scale * scaled + shift, channel by channel. */
export function diagonalScaler(json: ScalerJson): Scaler {
  const { kind, channels, shift, scale } = json;
  const width = channels.length;
  return {
    kind,
    channels,
    fromRaw: (raw, { length }) => {
      batchOf(raw, { length, width });
      return raw.map((value, at) => (value - shift[at % width]!) / scale[at % width]!);
    },
    toRaw: (scaled, { length }) => {
      batchOf(scaled, { length, width });
      return scaled.map((value, at) => value * scale[at % width]! + shift[at % width]!);
    },
    affine: ({ length }) =>
      affineMap({
        space: 'raw',
        shift: Float64Array.from({ length: length * width }, (_, at) => shift[at % width]!),
        rows: sparseRows(length * width, (at, put) => put(at, scale[at % width]!)),
      }),
    starts: () => new Float64Array(0),
    toJSON: () => json,
  };
}
