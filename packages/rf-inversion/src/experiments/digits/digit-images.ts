import { loadDigits, type Digits } from '@lab/datasets/node';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { permutation, type Key } from '@lab/tensor-core/random';

/** Side of the images. */
export const side = 28;
const pixels = side * side;

export interface DigitImages {
  /** [n, 28, 28, 1] in [-1, 1]; 1 is ink. */
  readonly images: Array64;
  readonly labels: readonly number[];
}

/** Handwritten digits: `real` ones of the training split to compare with, and `test` ones that no network saw. */
export async function digitImages(
  key: Key,
  { references, edited }: { references: number; edited: number },
): Promise<{ real: DigitImages; test: DigitImages }> {
  const [train, test] = [await loadDigits({ split: 'train' }), await loadDigits({ split: 'test' })];
  return {
    real: pick(train, permutation(key, train.count), references),
    test: pick(test, permutation(key, test.count), edited),
  };
}

function pick({ images, labels }: Digits, order: ArrayLike<number>, count: number): DigitImages {
  const data = new Float64Array(count * pixels);
  for (let n = 0; n < count; n++)
    for (let i = 0; i < pixels; i++) data[n * pixels + i] = images[order[n]! * pixels + i]! / 127.5 - 1;
  const chosen = Array.from({ length: count }, (_, n) => labels[order[n]!]!);
  return { images: { shape: [count, side, side, 1], data }, labels: chosen };
}

/** Every four by four square replaced by its mean: a coarse sketch of the image. */
export function coarse({ shape, data }: Array64): Array64 {
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += pixels)
    for (let top = 0; top < side; top += 4)
      for (let left = 0; left < side; left += 4) {
        const places = Array.from({ length: 16 }, (_, i) => start + (top + (i >> 2)) * side + left + (i & 3));
        const mean = places.reduce((sum, at) => sum + data[at]!, 0) / 16;
        for (const at of places) out[at] = mean;
      }
  return { shape, data: out };
}

/** Root-mean-square distance of each image to the nearest of the real ones. */
export function realism({ data }: Array64, real: Array64): number[] {
  const count = real.data.length / pixels;
  const distances: number[] = [];
  for (let start = 0; start < data.length; start += pixels) {
    let best = Infinity;
    for (let n = 0; n < count; n++) {
      let distance = 0;
      for (let k = 0; k < pixels && distance < best; k++)
        distance += (data[start + k]! - real.data[n * pixels + k]!) ** 2;
      best = Math.min(best, distance);
    }
    distances.push(Math.sqrt(best / pixels));
  }
  return distances;
}

/** Root-mean-square differences of paired images. */
export function differences(a: Array64, b: Array64): number[] {
  const sums = new Array<number>(a.data.length / pixels).fill(0);
  a.data.forEach((value, i) => {
    sums[Math.floor(i / pixels)]! += (value - b.data[i]!) ** 2 / pixels;
  });
  return sums.map(Math.sqrt);
}
