import type { Array64 } from '@lab/tensor-core/linalg64';
import { imagePair } from './image-pair';

export interface PsnrOptions {
  /** Difference of the greatest and the least possible value: 2 for images in [-1, 1], 1 for [0, 1]. */
  readonly range: number;
}

/**
 * Peak signal-to-noise ratio of each pair of images [B, H, W, C], in decibels: `10 log10(range^2 / MSE)`, Infinity for equal
 * images. Average the returned B numbers; the ratio of an averaged error is another number. Values are taken as they
 * are: clip a prediction to the range first.
 *
 * @throws LabError `shape` or `argument`
 * @example
 * psnr(await toArray64(restored), await toArray64(truth), { range: 2 });
 */
export function psnr(a: Array64, b: Array64, { range }: PsnrOptions): number[] {
  const [batch, height, width, channels] = imagePair(a, b, { name: 'psnr', range });
  const size = height * width * channels;
  return Array.from({ length: batch }, (_, n) => {
    let sum = 0;
    for (let i = n * size; i < (n + 1) * size; i++) sum += (a.data[i]! - b.data[i]!) ** 2;
    return 10 * Math.log10((range ** 2 * size) / sum);
  });
}
