import { LabError } from '@lab/tensor-core/errors';
import { assertImage, type ImageArray } from './image';

export interface ImageSize {
  /** Pixels. */
  readonly height: number;
  /** Pixels. */
  readonly width: number;
}

/**
 * An image at another size by a triangle filter that widens where the image shrinks, so that nothing aliases: what Pillow
 * calls BILINEAR. A constant image stays constant.
 *
 * @throws LabError `argument` for sizes that are not positive integers
 */
export function resizeImage(image: ImageArray, { height, width }: ImageSize): ImageArray {
  const [oldHeight, oldWidth, channels] = assertImage(image);
  assertSize({ height, width });
  const across = along(image.data, { outer: oldHeight, from: oldWidth, to: width, inner: channels });
  const data = along(across, { outer: 1, from: oldHeight, to: height, inner: width * channels });
  return { shape: [height, width, channels], data };
}

/** The largest middle part of the shape that is asked for, at that size. */
export function fitImage(image: ImageArray, { height, width }: ImageSize): ImageArray {
  const [oldHeight, oldWidth] = assertImage(image);
  assertSize({ height, width });
  const scale = Math.min(oldHeight / height, oldWidth / width);
  const part = {
    height: Math.max(1, Math.round(height * scale)),
    width: Math.max(1, Math.round(width * scale)),
  };
  const top = Math.floor((oldHeight - part.height) / 2);
  const left = Math.floor((oldWidth - part.width) / 2);
  return resizeImage(cropImage(image, { top, left, ...part }), { height, width });
}

export interface CropOptions extends ImageSize {
  /** First row, from 0. */
  readonly top: number;
  /** First column, from 0. */
  readonly left: number;
}

/** @throws LabError `argument` when the part lies not inside the image */
export function cropImage(image: ImageArray, { top, left, height, width }: CropOptions): ImageArray {
  const [oldHeight, oldWidth, channels] = assertImage(image);
  assertSize({ height, width });
  if (!(top >= 0 && left >= 0 && top + height <= oldHeight && left + width <= oldWidth))
    throw new LabError('argument', 'the part lies not inside the image', {
      received: { top, left, height, width },
      expected: `within ${oldHeight} x ${oldWidth}`,
    });
  const data = new Float64Array(height * width * channels);
  for (let i = 0; i < height; i++) {
    const from = ((top + i) * oldWidth + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), i * width * channels);
  }
  return { shape: [height, width, channels], data };
}

interface Axis {
  readonly outer: number;
  readonly from: number;
  readonly to: number;
  readonly inner: number;
}

/** The filter along the middle axis of [outer, from, inner]. */
function along(data: Float64Array, { outer, from, to, inner }: Axis): Float64Array {
  const out = new Float64Array(outer * to * inner);
  const ratio = from / to;
  const reach = Math.max(1, ratio);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * ratio;
    const first = Math.max(0, Math.floor(centre - reach));
    const last = Math.min(from - 1, Math.ceil(centre + reach));
    const weights: number[] = [];
    for (let j = first; j <= last; j++) weights.push(Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach));
    const total = weights.reduce((sum, each) => sum + each, 0);
    for (let o = 0; o < outer; o++)
      for (let j = first; j <= last; j++) {
        const weight = weights[j - first]! / total;
        if (weight === 0) continue;
        const source = (o * from + j) * inner;
        const target = (o * to + i) * inner;
        for (let k = 0; k < inner; k++) out[target + k]! += weight * data[source + k]!;
      }
  }
  return out;
}

function assertSize({ height, width }: ImageSize): void {
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0))
    throw new LabError('argument', 'an image size is two positive integers', { received: { height, width } });
}
