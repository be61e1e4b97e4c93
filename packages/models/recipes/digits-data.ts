import { loadDigits } from '@lab/datasets/node';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** MNIST as the networks see it: [n, 28, 28, 1] in [-1, 1], 1 being ink, and which digit each is. */
export async function digitsData(
  split: 'train' | 'test',
): Promise<{ images: Array64; labels: readonly number[] }> {
  const { images, labels, count } = await loadDigits({ split });
  return {
    images: { shape: [count, 28, 28, 1], data: Float64Array.from(images, (grey) => grey / 127.5 - 1) },
    labels: [...labels],
  };
}
