import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** An image [height, width, channels] of values in [0, 1], row by row. 1 channel is grey, 3 are red, green and blue. */
export type ImageArray = Array64;

/** @throws LabError `shape` unless the array is an image of at least one pixel */
export function assertImage(
  image: ImageArray,
  argument = 'image',
): [height: number, width: number, channels: number] {
  const [height = 0, width = 0, channels = 0] = image.shape;
  if (image.shape.length !== 3 || image.data.length !== height * width * channels || image.data.length === 0)
    throw new LabError('shape', 'an image is an array [height, width, channels] of at least one pixel', {
      argument,
      received: [image.shape, image.data.length],
    });
  return [height, width, channels];
}
