import { ohlcIncrementsScaler, type WindowSet } from '@lab/datasets';
import { cosineSchedule, gaussianDenoiser, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { momentsOf } from '../../metrics';
import type { Scale } from '../../projection';
import { bars } from './market';

export const schedule = cosineSchedule();

const size = bars * 4;

/** A model of bars in one choice of coordinates. */
export interface Coordinates {
  readonly name: string;
  /** Gaussian with the mean and covariance of the training bars, its denoiser exact. */
  readonly denoiser: Denoiser<Array64>;
  /** Model coordinates to prices. */
  readonly scale: Scale;
  /** Logarithms of prices in units of their standard deviation: where every model is judged. */
  readonly toJudged: (x: Array64) => Array64;
}

/** Logarithms of prices divided by their standard deviation over the training bars. */
export function judged({ values, count }: WindowSet, unit: number): Array64 {
  return { shape: [count, bars, 4], data: values.map((price) => Math.log(price) / unit) };
}

/** Standard deviation of all log prices. */
export function logUnit({ values }: WindowSet): number {
  const logs = values.map(Math.log);
  const mean = logs.reduce((sum, each) => sum + each, 0) / logs.length;
  return Math.sqrt(logs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / logs.length);
}

/** The prices themselves, as scaled logarithms: neighbouring coordinates are almost equal. */
export function priceCoordinates(train: WindowSet): Coordinates {
  const unit = logUnit(train);
  return {
    name: 'prices',
    denoiser: fitted(judged(train, unit)),
    scale: {
      rows: {
        starts: Int32Array.from({ length: size + 1 }, (_, i) => i),
        columns: Int32Array.from({ length: size }, (_, i) => i),
        values: new Float64Array(size).fill(unit),
      },
      shift: new Float64Array(size),
      space: 'log',
    },
    toJudged: (x) => x,
  };
}

/** Increments (open - previous close, high - open, low - open, close - open of log prices), each standardised. */
export function incrementCoordinates(train: WindowSet): Coordinates {
  const unit = logUnit(train);
  const scaler = ohlcIncrementsScaler(train, { prices: 'log' });
  const context = { length: bars, start: 1 };
  return {
    name: 'increments',
    denoiser: fitted({ shape: [train.count, bars, 4], data: scaler.fromRaw(train.values, context) }),
    scale: scaler.affine(context),
    toJudged: (x) => ({
      shape: x.shape,
      data: scaler.toRaw(x.data, context).map((price) => Math.log(price) / unit),
    }),
  };
}

function fitted(samples: Array64): Denoiser<Array64> {
  const { mean, covariance } = momentsOf(samples);
  return gaussianDenoiser({ mean, covariance: { shape: [size, size], data: covariance }, schedule });
}
