import { resolve } from 'node:path';
import { cropImage, type ImageArray } from '@lab/datasets/images';
import { readImage } from '@lab/datasets/node';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/**
 * A PNG, JPEG or WebP file as [H, W, 3] in [-1, 1], its middle cut out so that both sides are multiples of `unit`.
 *
 * @throws LabError `missing` or `format` for the file, `argument` when it is smaller than `unit`
 */
export async function readOwnImage(cwd: string, path: string, unit: number): Promise<Array64> {
  const { shape, data } = wholeUnits(await readImage(resolve(cwd, path)), { path, unit });
  return { shape, data: data.map((value) => 2 * value - 1) };
}

/** A mask file as [H, W]: 1 where it is nearer to white, which is observed. */
export async function readMask(cwd: string, path: string, unit: number): Promise<Array64> {
  const { shape, data } = wholeUnits(await readImage(resolve(cwd, path), { channels: 1 }), { path, unit });
  return { shape: shape.slice(0, 2), data: data.map((value) => (value >= 0.5 ? 1 : 0)) };
}

function wholeUnits(image: ImageArray, { path, unit }: { path: string; unit: number }): ImageArray {
  const [h = 0, w = 0] = image.shape;
  const [height, width] = [h - (h % unit), w - (w % unit)];
  if (height === 0 || width === 0)
    throw new LabError('argument', `${path} is smaller than the model takes`, {
      received: [h, w],
      expected: `at least ${unit} x ${unit} pixels`,
    });
  return cropImage(image, {
    top: Math.floor((h - height) / 2),
    left: Math.floor((w - width) / 2),
    height,
    width,
  });
}
