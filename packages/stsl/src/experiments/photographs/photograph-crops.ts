import { fitImage, resizeImage } from '@lab/datasets/images';
import { loadPhotograph, photographNames } from '@lab/datasets/node';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, randint, type Key } from '@lab/tensor-core/random';

/** Side of the restored images. */
export const side = 64;
/** Longer side of the photographs that a prior is made of and crops are taken from. */
const long = 256;
/** Kept from training. */
const held = ['nagasaki-boats', 'black-canyon'] as const;

/** Values in [0, 1] to [-1, 1]. */
const signed = ({ shape, data }: Array64): Array64 => ({ shape, data: data.map((value) => 2 * value - 1) });

const multiple = (size: number): number => 8 * Math.round(size / 8);

async function photograph(name: (typeof photographNames)[number]): Promise<Array64> {
  const { image } = await loadPhotograph(name);
  const [height = 0, width = 0] = image.shape;
  const scale = long / Math.max(height, width);
  const small = resizeImage(image, { height: Math.round(height * scale), width: Math.round(width * scale) });
  return signed(fitImage(small, { height: multiple(small.shape[0]!), width: multiple(small.shape[1]!) }));
}

/** Seven photographs to learn from, each [H, W, 3] in [-1, 1]. */
export async function trainingPhotographs(): Promise<Array64[]> {
  const names = photographNames.filter((name) => !held.some((each) => each === name));
  return Promise.all(names.map(photograph));
}

/** Squares [count, 64, 64, 3] of the two photographs that were kept. */
export async function heldCrops(key: Key, count: number): Promise<Array64> {
  const sources = await Promise.all(held.map(photograph));
  const row = side * 3;
  const data = new Float64Array(count * side * row);
  for (let n = 0; n < count; n++) {
    const { shape, data: from } = sources[n % sources.length]!;
    const [height = 0, width = 0] = shape;
    const [top, left] = [height, width].map(
      (size, axis) => randint(foldIn(foldIn(key, n), axis), 1, { high: size - side + 1 })[0]!,
    ) as [number, number];
    for (let i = 0; i < side; i++) {
      const at = ((top + i) * width + left) * 3;
      data.set(from.subarray(at, at + row), (n * side + i) * row);
    }
  }
  return { shape: [count, side, side, 3], data };
}
