import { LabError } from '@lab/tensor-core/errors';
import type { Figure } from '../types';
import { axis, colour, figure, type AxisOptions, type FigureText } from './series';

export interface Sample {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

export interface HistogramFigureOptions extends FigureText {
  readonly samples: readonly Sample[];
  readonly x: AxisOptions;
  /** How many bins over the common range. @default 40 */
  readonly bins?: number;
  /** @default the range of all values */
  readonly range?: readonly [low: number, high: number];
}

/** Densities of some samples over the same bins, so that samples of different sizes compare. Each has area 1 over the range. */
export function histogramFigure(options: HistogramFigureOptions): Figure {
  const { samples, x, bins = 40 } = options;
  const [low, high] = options.range ?? rangeOf(samples);
  const width = (high - low) / bins || 1;
  const values = samples.flatMap(({ name, values: sample }) => {
    const density = densities(sample, { low, width, bins });
    // The last edge closes the last step.
    return [...density, density.at(-1)!].map((y, bin) => ({ series: name, x: low + bin * width, y }));
  });
  const encoding = {
    x: axis('x', x),
    y: { ...axis('y', { title: 'density', zero: true }), stack: null },
    color: colour(samples.map(({ name }) => name)),
  };
  return figure(options, {
    width: 400,
    height: 240,
    data: { values },
    layer: [
      { mark: { type: 'area', interpolate: 'step-after', opacity: 0.16 }, encoding },
      { mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.6 }, encoding },
    ],
  });
}

function densities(
  values: ArrayLike<number>,
  { low, width, bins }: { low: number; width: number; bins: number },
): number[] {
  const counts = Array<number>(bins).fill(0);
  let inside = 0;
  for (let i = 0; i < values.length; i++) {
    const place = (values[i]! - low) / width;
    if (!(place >= 0 && place <= bins)) continue;
    counts[Math.min(bins - 1, Math.floor(place))]!++;
    inside++;
  }
  return counts.map((count) => (inside === 0 ? 0 : count / inside / width));
}

function rangeOf(samples: readonly Sample[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of samples)
    for (let i = 0; i < values.length; i++)
      if (Number.isFinite(values[i])) [low, high] = [Math.min(low, values[i]!), Math.max(high, values[i]!)];
  if (low <= high) return [low, high];
  throw new LabError('argument', 'histogramFigure: there is no finite value', { argument: 'samples' });
}
