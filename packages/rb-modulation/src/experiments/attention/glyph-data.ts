import { glyphs, glyphSize, type Glyph } from '@lab/datasets';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { normal, randint, split, type Key } from '@lab/tensor-core/random';

/** The digits of this experiment: few enough for a small network to draw each well. */
export const digits = [0, 1, 4, 7, 2] as const;
export const styles = 8;
/** Standard deviation of the pixel noise, in [-1, 1]. */
const noise = 0.06;

export interface GlyphClass extends Pick<Glyph, 'style'> {
  /** Number of the digit in `digits`. */
  readonly digit: number;
}

export interface NoisyGlyphs {
  /** [n, 8, 8, 3] */
  readonly images: Array64;
  readonly classes: readonly GlyphClass[];
}

/** The forty glyphs, five digits in eight styles at one place. */
export function templates(): NoisyGlyphs {
  const all = glyphs();
  const classes: GlyphClass[] = [];
  const data = new Float64Array(digits.length * styles * glyphSize);
  digits.forEach((shown, digit) => {
    for (let style = 0; style < styles; style++) {
      const found = all.glyphs.findIndex(
        (each) => each.digit === shown && each.style === style && each.row === 1 && each.column === 2,
      );
      data.set(all.images.subarray(found * glyphSize, (found + 1) * glyphSize), classes.length * glyphSize);
      classes.push({ digit, style });
    }
  });
  return { images: { shape: [classes.length, 8, 8, 3], data }, classes };
}

/** Glyphs drawn evenly, with normal noise on every pixel. */
export function noisyGlyphs(key: Key, count: number): NoisyGlyphs {
  const [which, around] = split(key) as [Key, Key];
  const { images, classes } = templates();
  const chosen = Array.from(randint(which, count, { high: classes.length }));
  const offsets = normal(around, count * glyphSize);
  const data = Float64Array.from(
    { length: count * glyphSize },
    (_, at) =>
      images.data[chosen[Math.floor(at / glyphSize)]! * glyphSize + (at % glyphSize)]! + noise * offsets[at]!,
  );
  return { images: { shape: [count, 8, 8, 3], data }, classes: chosen.map((index) => classes[index]!) };
}
