import { glyphs, glyphSize as size } from '@lab/datasets';
import { pointsDenoiser, rectifiedFlowSchedule, type Denoiser, type PointClasses } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal, randint, split, type Key } from '@lab/tensor-core/random';
import type { GlyphTask } from './score-glyphs';

/** Standard deviation of the noise around each glyph. */
const spread = 0.05;

export interface GlyphEditing extends GlyphTask {
  readonly denoiser: Denoiser<Array64, PointClasses>;
  /** [n, 192] noisy glyphs. */
  readonly source: Array64;
  /** The digit that each source shows, and another one that it shall show. */
  readonly shown: readonly number[];
  readonly wanted: readonly number[];
  /** [n, 192] the fresh noise that all methods share. */
  readonly noise: Array64;
}

/** Draws glyphs to be edited. */
export function glyphTask(key: Key, count: number): GlyphEditing {
  const [which, around, other, fresh] = split(key, 4) as [Key, Key, Key, Key];
  const { glyphs: all, images } = glyphs();
  const sources = Array.from(randint(which, count, { high: all.length }));
  const shown = sources.map((i) => all[i]!.digit);
  const wanted = Array.from(
    randint(other, count, { low: 1, high: 10 }),
    (step, b) => (shown[b]! + step) % 10,
  );
  const shape = [count, size];
  const offset = normal(around, shape);
  const data = Float64Array.from(
    { length: count * size },
    (_, i) => images[sources[Math.floor(i / size)]! * size + (i % size)]! + spread * offset[i]!,
  );
  return {
    glyphs: all,
    images,
    sources,
    digits: wanted,
    denoiser: pointsDenoiser({
      points: { shape: [all.length, size], data: images },
      labels: all.map(({ digit }) => digit),
      deviation: spread,
      schedule: rectifiedFlowSchedule(),
    }),
    source: { shape, data },
    shown,
    wanted,
    noise: { shape, data: Float64Array.from(normal(fresh, shape)) },
  };
}

/** Every two by two square replaced by its mean: what a rough painting keeps. */
export function strokes({ shape, data }: Array64): Array64 {
  const out = new Float64Array(data.length);
  for (let b = 0; b < shape[0]!; b++)
    for (let y = 0; y < 8; y++)
      for (let x = 0; x < 8; x++)
        for (let k = 0; k < 3; k++) {
          const at = (dy: number, dx: number): number =>
            data[b * size + ((2 * (y >> 1) + dy) * 8 + 2 * (x >> 1) + dx) * 3 + k]!;
          out[b * size + (y * 8 + x) * 3 + k] = (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4;
        }
  return { shape, data: out };
}
