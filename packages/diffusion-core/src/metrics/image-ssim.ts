import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { imagePair } from './image-pair';

export interface ImageSsimOptions {
  /** Difference of the greatest and the least possible value: 2 for images in [-1, 1], 1 for [0, 1]. */
  readonly range: number;
  /** Width of the Gaussian window in pixels, odd. @default 11 */
  readonly window?: number;
  /** Standard deviation of the window in pixels. @default 1.5 */
  readonly deviation?: number;
}

/**
 * Structural similarity of each pair of images [B, H, W, C]: Wang et al. 2004, eq. 13, with Gaussian weights, C1 = (0.01
 * range)^2, C2 = (0.03 range)^2, over the positions where the whole window lies inside the image, mean over positions
 * and channels. 1 for equal images.
 *
 * @throws LabError `shape` when the images are smaller than the window, `argument` for an even window
 */
export function imageSsim(
  a: Array64,
  b: Array64,
  { range, window = 11, deviation = 1.5 }: ImageSsimOptions,
): number[] {
  const [batch, height, width, channels] = imagePair(a, b, { name: 'imageSsim', range });
  if (!(Number.isInteger(window) && window % 2 === 1 && window > 0 && deviation > 0))
    throw new LabError('argument', 'imageSsim: window is odd and deviation positive', {
      received: { window, deviation },
    });
  if (height < window || width < window)
    throw new LabError('shape', 'imageSsim: the window fits into the images', {
      expected: `at least ${window} x ${window}`,
      received: a.shape,
      hint: 'a smaller odd window',
    });
  const weights = gaussianWindow(window, deviation);
  const [c1, c2] = [(0.01 * range) ** 2, (0.03 * range) ** 2];
  const size = height * width;
  return Array.from({ length: batch }, (_, n) => {
    let total = 0;
    for (let c = 0; c < channels; c++) {
      const plane = (of: Float64Array): Float64Array =>
        Float64Array.from({ length: size }, (_, i) => of[(n * size + i) * channels + c]!);
      const [x, y] = [plane(a.data), plane(b.data)];
      const smooth = (values: Float64Array): Float64Array => blurInside(values, width, weights);
      const [meanX, meanY] = [smooth(x), smooth(y)];
      const xx = smooth(x.map((value) => value * value));
      const yy = smooth(y.map((value) => value * value));
      const xy = smooth(x.map((value, i) => value * y[i]!));
      let sum = 0;
      for (let i = 0; i < meanX.length; i++) {
        const [mx, my] = [meanX[i]!, meanY[i]!];
        const luminance = (2 * mx * my + c1) / (mx * mx + my * my + c1);
        sum += (luminance * (2 * (xy[i]! - mx * my) + c2)) / (xx[i]! - mx * mx + yy[i]! - my * my + c2);
      }
      total += sum / meanX.length / channels;
    }
    return total;
  });
}

/** Weights of a Gaussian at whole pixels around its centre, of sum 1. */
function gaussianWindow(window: number, deviation: number): Float64Array {
  const raw = Float64Array.from({ length: window }, (_, i) =>
    Math.exp(-(((i - (window - 1) / 2) / deviation) ** 2) / 2),
  );
  const sum = raw.reduce((total, each) => total + each, 0);
  return raw.map((each) => each / sum);
}

/** The separable filter at the positions where it fits: [H, W] to [H - k + 1, W - k + 1]. */
function blurInside(values: Float64Array, width: number, weights: Float64Array): Float64Array {
  const height = values.length / width;
  const k = weights.length;
  const [innerHeight, innerWidth] = [height - k + 1, width - k + 1];
  const rows = new Float64Array(height * innerWidth);
  for (let i = 0; i < height; i++)
    for (let j = 0; j < innerWidth; j++) {
      let sum = 0;
      for (let s = 0; s < k; s++) sum += weights[s]! * values[i * width + j + s]!;
      rows[i * innerWidth + j] = sum;
    }
  const out = new Float64Array(innerHeight * innerWidth);
  for (let i = 0; i < innerHeight; i++)
    for (let s = 0; s < k; s++) {
      const weight = weights[s]!;
      for (let j = 0; j < innerWidth; j++)
        out[i * innerWidth + j]! += weight * rows[(i + s) * innerWidth + j]!;
    }
  return out;
}
