/** 3 by 5 letters of the ten digits, rows from the top. */
const font = [
  '111101101101111',
  '010110010010111',
  '111001111100111',
  '111001111001111',
  '101101111001001',
  '111100111001111',
  '111100111101111',
  '111001001001001',
  '111101111101111',
  '111101111001111',
] as const;

const [side, styles, rows, columns] = [8, 8, [1, 2], [1, 2, 3, 4]] as const;
/** Numbers of one image, [8, 8, 3]. */
export const glyphSize = side * side * 3;

export interface Glyph {
  readonly digit: number;
  readonly style: number;
  /** Where its upper left corner is. */
  readonly row: number;
  readonly column: number;
}

/** All glyphs there are: ten digits in eight styles at eight places, and their images in [-1, 1], 192 numbers each. */
export function glyphs(): { readonly glyphs: readonly Glyph[]; readonly images: Float64Array } {
  const all: Glyph[] = [];
  for (let digit = 0; digit < 10; digit++)
    for (let style = 0; style < styles; style++)
      for (const row of rows) for (const column of columns) all.push({ digit, style, row, column });
  const images = new Float64Array(all.length * glyphSize);
  all.forEach((glyph, i) => paint(glyph, images.subarray(i * glyphSize, (i + 1) * glyphSize)));
  return { glyphs: all, images };
}

function paint({ digit, style, row, column }: Glyph, image: Float64Array): void {
  const ink = colour(style / styles, 0.9, 1);
  const paper = colour(((style + 3) % styles) / styles, 0.7, 0.35);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [r, c] = [y - row, x - column];
      const isInk = r >= 0 && r < 5 && c >= 0 && c < 3 && font[digit]![r * 3 + c] === '1';
      const dim = isDim(style % 4, y, x) ? 0.55 : 1;
      for (let k = 0; k < 3; k++) {
        const value = isInk ? ink[k]! * dim : paper[k]! * (0.6 + 0.4 * dim);
        image[(y * side + x) * 3 + k] = 2 * value - 1;
      }
    }
}

function isDim(texture: number, y: number, x: number): boolean {
  if (texture === 0) return false;
  return (texture === 1 ? y : texture === 2 ? x : y + x) % 2 === 1;
}

/** Hue, saturation and value in [0, 1] as red, green and blue. */
function colour(hue: number, saturation: number, value: number): [number, number, number] {
  const channel = (n: number): number => {
    const k = (n + hue * 6) % 6;
    return value - value * saturation * Math.max(0, Math.min(k, 4 - k, 1));
  };
  return [channel(5), channel(3), channel(1)];
}

export interface NearestGlyph {
  /** Its number. */
  readonly index: number;
  /** Squared distance. */
  readonly distance: number;
}

/** Which of `images` (those of `glyphs()`, or a part) the image that begins at `at` of `x` is nearest to. */
export function nearestGlyph(x: Float64Array, at: number, images: Float64Array): NearestGlyph {
  let [index, distance] = [0, Infinity];
  for (let i = 0; i < images.length / glyphSize; i++) {
    let sum = 0;
    for (let k = 0; k < glyphSize && sum < distance; k++)
      sum += (x[at + k]! - images[i * glyphSize + k]!) ** 2;
    if (sum < distance) [index, distance] = [i, sum];
  }
  return { index, distance };
}
