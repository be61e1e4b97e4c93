import { fitImage, resizeImage, type ImageArray } from '@lab/datasets/images';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { randint, split, type Key } from '@lab/tensor-core/random';

/** At a size of which the longer side is about `side`, both multiples of `unit`. */
export function scaled(image: ImageArray, side: number, unit = 2): ImageArray {
  const [height, width] = image.shape as [number, number, number];
  const ratio = side / Math.max(height, width);
  const whole = (length: number): number => Math.max(unit, unit * Math.round((length * ratio) / unit));
  return resizeImage(image, { height: whole(height), width: whole(width) });
}

/** The middle of the image, a square of this side. */
export const square = (image: ImageArray, side: number): ImageArray =>
  fitImage(image, { height: side, width: side });

/** An image in [0, 1] as the model sees it, [1, h, w, C] in [-1, 1]. */
export function toModel({ shape, data }: ImageArray): Tensor {
  return tf.tensor(
    Float32Array.from(data, (value) => 2 * value - 1),
    [1, ...shape],
  );
}

/** The first of a batch, in [0, 1]. */
export async function fromModel(x: Tensor): Promise<ImageArray> {
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const size = height * width * channels;
  const values = (await x.data()).subarray(0, size);
  return {
    shape: [height, width, channels],
    data: Float64Array.from(values, (value) => Math.min(1, Math.max(0, (value + 1) / 2))),
  };
}

/** Squares of this side cut out of images at random places, [count, side, side, C] in [-1, 1]. */
export function crops(
  images: readonly ImageArray[],
  key: Key,
  { count, side }: { count: number; side: number },
) {
  const [which, rows, columns] = split(key, 3) as [Key, Key, Key];
  const channels = images[0]!.shape[2]!;
  const chosen = randint(which, count, { high: images.length });
  const [tops, lefts] = [rows, columns].map((from) => randint(from, count, { high: 1 << 24 })) as [
    Int32Array,
    Int32Array,
  ];
  const data = new Float64Array(count * side * side * channels);
  for (let n = 0; n < count; n++) {
    const { shape, data: from } = images[chosen[n]!]!;
    const [height, width] = shape as [number, number, number];
    if (height < side || width < side)
      throw new LabError('argument', 'an image is smaller than the squares that the model learns from', {
        argument: 'size',
        received: [height, width],
        expected: `at least ${side}`,
      });
    const [top, left] = [tops[n]! % (height - side + 1), lefts[n]! % (width - side + 1)];
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side * channels; j++)
        data[(n * side + i) * side * channels + j] = 2 * from[((top + i) * width + left) * channels + j]! - 1;
  }
  return { shape: [count, side, side, channels], data };
}
