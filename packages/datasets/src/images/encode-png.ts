import { LabError } from '@lab/tensor-core/errors';
import { encode } from 'fast-png';
import { assertImage, type ImageArray } from './image';

/**
 * The bytes of an 8-bit PNG file of an image with 1, 3 or 4 channels; values are limited to [0, 1] and rounded to 1/255.
 *
 * @throws LabError `shape` for other channels, `numeric` for NaN
 */
export function encodePng(image: ImageArray): Uint8Array {
  const [height, width, channels] = assertImage(image);
  if (channels !== 1 && channels !== 3 && channels !== 4)
    throw new LabError('shape', 'encodePng writes images of 1, 3 or 4 channels', { received: image.shape });
  if (image.data.some(Number.isNaN))
    throw new LabError('numeric', 'encodePng: the image has NaN in it', { argument: 'image' });
  const data = Uint8Array.from(image.data, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
  return encode({ width, height, channels, depth: 8, data });
}
