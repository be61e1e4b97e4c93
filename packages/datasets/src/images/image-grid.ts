import { LabError } from '@lab/tensor-core/errors';
import { assertImage, type ImageArray } from './image';

/**
 * Images in rows as one image, on white. Smaller ones are enlarged by whole factors, pixel by pixel, as far as the size of the largest
 * allows; grey ones become coloured where others are.
 *
 * @param rows images [height, width, channels] in [0, 1]; rows may differ in length
 * @param gap pixels between two images
 * @returns [rows (H + gap) - gap, columns (W + gap) - gap, channels] for the greatest height H and width W
 * @throws LabError `argument` when there is no image, `shape` when one is none
 */
export function imageGrid(
  rows: readonly (readonly ImageArray[])[],
  { gap = 2 }: { /** @default 2 */ readonly gap?: number } = {},
): ImageArray {
  const sizes = rows.flat().map((image) => assertImage(image, 'rows'));
  if (sizes.length === 0)
    throw new LabError('argument', 'a grid of images has at least one', { argument: 'rows', received: 0 });
  const [height, width, channels] = [0, 1, 2].map((axis) =>
    Math.max(...sizes.map((size) => size[axis]!)),
  ) as [number, number, number];
  const [tall, wide] = [height + gap, width + gap];
  const columns = Math.max(...rows.map(({ length }) => length));
  const shape = [rows.length * tall - gap, columns * wide - gap, channels];
  const data = new Float64Array(shape[0]! * shape[1]! * channels).fill(1);
  rows.forEach((row, r) =>
    row.forEach((image, column) => {
      const [h, w, c] = image.shape as [number, number, number];
      const factor = Math.floor(Math.min(height / h, width / w));
      for (let i = 0; i < h * factor; i++)
        for (let j = 0; j < w * factor; j++)
          for (let k = 0; k < channels; k++) {
            const from = (Math.floor(i / factor) * w + Math.floor(j / factor)) * c + Math.min(k, c - 1);
            const to = ((r * tall + i) * shape[1]! + column * wide + j) * channels + k;
            data[to] = image.data[from]!;
          }
    }),
  );
  return { shape, data };
}
