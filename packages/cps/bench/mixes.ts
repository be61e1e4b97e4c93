import { normal, key, split, type Key } from '@lab/tensor-core/random';
import {
  all,
  argmaxAt,
  argminAt,
  bounds,
  fixed,
  maxStep,
  mean,
  ohlc,
  totalReturn,
  type Constraint,
} from '../src/constraints';

/** A batch of series to project and the constraints of each, about a hundred. */
export interface Mix {
  readonly id: string;
  readonly title: string;
  readonly shape: readonly [number, number];
  readonly constraint: Constraint;
  readonly x: Float64Array;
  readonly batch: number;
}

/** A walk with noise, [batch, size]: what series of a diffusion model look like before projection. */
function series(from: Key, batch: number, size: number): Float64Array {
  const draws = normal(from, [batch, size]);
  const x = new Float64Array(batch * size);
  for (let b = 0; b < batch; b++) {
    let level = 0;
    for (let i = 0; i < size; i++) {
      level = 0.9 * level + 0.4 * draws[b * size + i]!;
      x[b * size + i] = level;
    }
  }
  return x;
}

function column(
  data: Float64Array,
  { batch, size, at }: { batch: number; size: number; at: number },
): number[] {
  return Array.from({ length: batch }, (_, b) => data[b * size + at]!);
}

function perSample(
  data: Float64Array,
  { batch, size }: { batch: number; size: number },
  value: (row: Float64Array) => number,
): number[] {
  return Array.from({ length: batch }, (_, b) => value(data.subarray(b * size, (b + 1) * size)));
}

const average = (row: Float64Array): number => row.reduce((sum, value) => sum + value, 0) / row.length;

/** The four mixes: parameters come from other draws of the same process, as the paper takes them from real series. */
export function mixes(batch: number, seed = 0): Mix[] {
  const size = 96;
  const [forX, forSource, forBars, forBarsX] = split(key(seed), 4) as [Key, Key, Key, Key];
  const x = series(forX, batch, size);
  const source = series(forSource, batch, size);
  const dims = { batch, size };
  const means = perSample(source, dims, average);
  const highest = perSample(source, dims, (row) => Math.max(...row));
  const lowest = perSample(source, dims, (row) => Math.min(...row));
  const argmax = perSample(source, dims, (row) => row.indexOf(Math.max(...row)));
  const argmin = perSample(source, dims, (row) => row.indexOf(Math.min(...row)));
  const stamps = [0, 23, 47, 71, 95];
  const stampValues = Object.fromEntries(stamps.map((at) => [at, column(source, { ...dims, at })]));
  const bars = barSeries(forBars, batch);
  const ends = perSample(bars, dims, (row) => row[95]! / row[0]! - 1);
  return [
    {
      id: 'mean-bounds',
      title: 'mean + 94 bounds + 2 fixed values',
      shape: [size, 1],
      batch,
      x,
      constraint: all(
        mean({ value: means.map((value) => 0.5 * value) }),
        bounds({ lower: -1.2, upper: 1.2, steps: Array.from({ length: 94 }, (_, t) => t + 1) }),
        fixed({ values: { 0: 0.3, 95: -0.3 } }),
      ),
    },
    {
      id: 'paper',
      title: "the paper's mixture: mean, argmax and argmin with values, 5 stamps",
      shape: [size, 1],
      batch,
      x,
      constraint: all(
        mean({ value: means }),
        argmaxAt({ at: argmax, value: highest }),
        argminAt({ at: argmin, value: lowest }),
        fixed({ values: stampValues }),
      ),
    },
    {
      id: 'ohlc',
      title: 'order of 24 price bars + total return',
      shape: [24, 4],
      batch,
      x: barSeries(forBarsX, batch),
      constraint: all(ohlc(), totalReturn({ value: ends, channel: 3, from: 0 })),
    },
    {
      id: 'ramp',
      title: '95 ramp limits + mean + 3 fixed values',
      shape: [size, 1],
      batch,
      x,
      constraint: all(
        maxStep({ value: 0.3 }),
        mean({ value: means.map((value) => 0.5 * value) }),
        fixed({ values: { 0: 0.2, 48: 0, 95: -0.2 } }),
      ),
    },
  ];
}

/** Bars whose order the noise has broken, around a price of 1: [batch, 24, 4]. */
function barSeries(from: Key, batch: number): Float64Array {
  const [walk, noise] = split(from) as [Key, Key];
  const levels = series(walk, batch, 24);
  const draws = normal(noise, [batch, 96]);
  return Float64Array.from({ length: batch * 96 }, (_, i) => {
    const level = 1 + 0.1 * levels[Math.floor(i / 4)]!;
    const offset = [0, 0.04, -0.04, 0][i % 4]!;
    return level + offset + 0.04 * draws[i]!;
  });
}
