import { foldIn, normal, type Key } from '@lab/tensor-core/random';

const side = 8;

/** Smooth random prototypes 8 x 8: Gaussian noise, averaged twice with the four neighbours around the border, scaled to [0, 1]. */
export function drawGlyphs(key: Key, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, glyph) => {
    let image = normal(foldIn(key, glyph), side * side);
    for (let pass = 0; pass < 2; pass++) image = smoothed(image);
    const [low, high] = [Math.min(...image), Math.max(...image)];
    return image.map((value) => (value - low) / (high - low));
  });
}

function smoothed(image: Float32Array): Float32Array {
  const at = (y: number, x: number): number => image[((y + side) % side) * side + ((x + side) % side)]!;
  return image.map((value, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    return (value + at(y - 1, x) + at(y + 1, x) + at(y, x - 1) + at(y, x + 1)) / 5;
  });
}

export interface GlyphImages {
  /** Pixels in [-1, 1], 64 an image. */
  readonly pixels: Float32Array;
  /** Which glyph each image shows. */
  readonly glyphs: Int32Array;
}

/** Noisy images of the glyphs in turn: clip(0.2 + 0.6 P + noise z, 0, 1), to [-1, 1]. */
export function drawGlyphImages(
  key: Key,
  glyphs: readonly Float32Array[],
  { images, noise }: { readonly images: number; readonly noise: number },
): GlyphImages {
  const z = normal(key, images * side * side);
  const shown = Int32Array.from({ length: images }, (_, i) => i % glyphs.length);
  const pixels = z.map((value, i) => {
    const clean = 0.2 + 0.6 * glyphs[shown[Math.floor(i / (side * side))]!]![i % (side * side)]!;
    return 2 * Math.min(1, Math.max(0, clean + noise * value)) - 1;
  });
  return { pixels, glyphs: shown };
}
