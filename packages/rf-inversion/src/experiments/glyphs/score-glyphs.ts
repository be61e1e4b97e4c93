import { glyphSize, nearestGlyph, type Glyph } from '@lab/datasets';
import type { Array64 } from '@lab/tensor-core/linalg64';

const size = glyphSize;

export interface GlyphScores {
  /** Share whose nearest glyph shows the wanted digit. */
  readonly digit: number;
  /** Share whose nearest glyph has the source's style. */
  readonly style: number;
  readonly position: number;
  /** Mean root-mean-square distance to the nearest glyph; 0.05 less what the nearest explains for clean samples. */
  readonly manifold: number;
  /** Mean root-mean-square distance to the source. */
  readonly distance: number;
}

export interface GlyphTask {
  readonly glyphs: readonly Glyph[];
  readonly images: Float64Array;
  /** Of each sample: its glyph's number, and the digit that it shall show. */
  readonly sources: readonly number[];
  readonly digits: readonly number[];
}

/** Looks every result up among all glyphs, and compares it with the state it was made from. */
export function scoreGlyphs(results: Array64, source: Array64, task: GlyphTask): GlyphScores {
  const { glyphs, images, sources, digits } = task;
  const sums = { digit: 0, style: 0, position: 0, manifold: 0 };
  sources.forEach((number, b) => {
    const { index, distance } = nearestGlyph(results.data, b * size, images);
    const [found, from] = [glyphs[index]!, glyphs[number]!];
    sums.digit += Number(found.digit === digits[b]);
    sums.style += Number(found.style === from.style);
    sums.position += Number(found.row === from.row && found.column === from.column);
    sums.manifold += Math.sqrt(distance / size);
  });
  const count = sources.length;
  const each = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / count]));
  return { ...(each as typeof sums), distance: rms(results, source) };
}

/** Mean over the samples of their root-mean-square differences: one that lands elsewhere does not outweigh all others. */
export function rms(a: Array64, b: Array64): number {
  const count = a.shape[0]!;
  let mean = 0;
  for (let start = 0; start < a.data.length; start += size) {
    let sum = 0;
    for (let i = start; i < start + size; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
    mean += Math.sqrt(sum / size) / count;
  }
  return mean;
}

export function deviation({ data }: Array64): number {
  const mean = data.reduce((sum, each) => sum + each, 0) / data.length;
  return Math.sqrt(data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / data.length);
}
