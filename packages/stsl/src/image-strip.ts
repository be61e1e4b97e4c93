import { encodePng, type ImageArray } from '@lab/datasets/images';
import type { Array64 } from '@lab/tensor-core/linalg64';

const gap = 2;

/** The images of a batch [B, H, W, C] in [-1, 1], one by one. */
export function imagesOf({ shape: [count, ...shape], data }: Array64): Array64[] {
  const size = data.length / count!;
  return Array.from({ length: count! }, (_, n) => ({ shape, data: data.slice(n * size, (n + 1) * size) }));
}

/**
 * Images [H, W, C] in [-1, 1] side by side in rows, as one image in [0, 1]; smaller ones are enlarged by whole factors, pixel by
 * pixel, to the size of the largest.
 */
export function imageGrid(rows: readonly (readonly Array64[])[]): ImageArray {
  const all = rows.flat();
  const [height, width, channels] = [0, 1, 2].map((axis) =>
    Math.max(...all.map(({ shape }) => shape[axis]!)),
  );
  const columns = Math.max(...rows.map(({ length }) => length));
  const [tall, wide] = [height! + gap, width! + gap];
  const shape = [rows.length * tall - gap, columns * wide - gap, channels!];
  const data = new Float64Array(shape[0]! * shape[1]! * channels!).fill(1);
  rows.forEach((row, r) =>
    row.forEach((image, column) => {
      const [h, w, c] = image.shape as [number, number, number];
      const factor = Math.max(1, Math.floor(Math.min(height! / h, width! / w)));
      for (let i = 0; i < h * factor; i++)
        for (let j = 0; j < w * factor; j++)
          for (let k = 0; k < channels!; k++) {
            const from = (Math.floor(i / factor) * w + Math.floor(j / factor)) * c + Math.min(k, c - 1);
            const to = ((r * tall + i) * shape[1]! + column * wide + j) * channels! + k;
            data[to] = (image.data[from]! + 1) / 2;
          }
    }),
  );
  return { shape, data };
}

/** The bytes of a PNG file of `imageGrid`. */
export function gridPng(rows: readonly (readonly Array64[])[]): Uint8Array {
  return encodePng(imageGrid(rows));
}
