import type { ImageArray } from '@lab/datasets/images';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** The images [H, W, C] of a batch [B, H, W, C], one by one. */
export function imagesOf({ shape: [count, ...shape], data }: Array64): Array64[] {
  const size = data.length / count!;
  return Array.from({ length: count! }, (_, n) => ({ shape, data: data.slice(n * size, (n + 1) * size) }));
}

/** An image in [-1, 1], as models see it, in [0, 1]. */
export const asPicture = ({ shape, data }: Array64): ImageArray => ({
  shape,
  data: data.map((value) => (value + 1) / 2),
});
