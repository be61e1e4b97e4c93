import { float64Space, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { glyphSize } from './glyph-images';

// Inner loops read a constant of their own module: that of another one is a property of a live binding.
const size = glyphSize;

/** Class of each sample of a batch; -1 is none. */
export type GlyphClasses = readonly number[];

/** Standard deviation of the noise around each glyph. */
export const spread = 0.05;

/**
 * The exact flow of a law with a normal of deviation 0.05 around each glyph, all equally likely: a network without an error
 * of training. Under a class only that class's glyphs count. Written for speed, as `mixtureDenoiser` has components of any
 * covariance.
 */
export function glyphFlow(images: Float64Array, perClass: number): Denoiser<Array64, GlyphClasses> {
  const count = images.length / size;
  const squares = Float64Array.from({ length: count }, (_, i) => dot(images, i * size, images, i * size));
  const weights = new Float64Array(count);

  const mean = (x: Float64Array, at: number, t: number, label: number, out: Float64Array): void => {
    const [a, first, last] = [
      1 - t,
      Math.max(0, label) * perClass,
      label < 0 ? count : (label + 1) * perClass,
    ];
    const v = a * a * spread * spread + t * t;
    let greatest = -Infinity;
    for (let i = first; i < last; i++) {
      weights[i] = (2 * a * dot(x, at, images, i * size) - a * a * squares[i]!) / (2 * v);
      if (weights[i]! > greatest) greatest = weights[i]!;
    }
    let total = 0;
    const centre = new Float64Array(size);
    for (let i = first; i < last; i++) {
      const weight = Math.exp(weights[i]! - greatest);
      // What is lost is below the rounding of the sum.
      if (weight < 1e-18) continue;
      total += weight;
      const from = i * size;
      for (let k = 0; k < size; k++) centre[k]! += weight * images[from + k]!;
    }
    const gain = (a * spread * spread) / v;
    for (let k = 0; k < size; k++) {
      const m = centre[k]! / total;
      out[at + k] = m + gain * (x[at + k]! - a * m);
    }
  };

  return {
    predicts: 'sample',
    space: float64Space,
    predict({ shape, data }, t, classes) {
      const out = new Float64Array(data.length);
      for (let b = 0; b < data.length / size; b++) mean(data, b * size, t, classes?.[b] ?? -1, out);
      return { shape, data: out };
    },
  };
}

export function dot(a: Float64Array, i: number, b: Float64Array, j: number): number {
  // Four sums at once, as each addition waits for the one before it; the size is a multiple of 4.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let k = 0; k < size; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  return s0 + s1 + s2 + s3;
}
