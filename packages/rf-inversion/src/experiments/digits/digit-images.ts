import { loadDigits, type Digits } from '@lab/datasets/node';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { permutation, type Key } from '@lab/tensor-core/random';

/** Side of the images: MNIST's 28, halved. */
export const side = 14;
const pixels = side * side;

export interface DigitImages {
  /** [n, 14, 14, 1] in [-1, 1]; 1 is ink. */
  readonly images: Array64;
  readonly labels: readonly number[];
}

/** Handwritten digits at half resolution, for training and (others) for editing. */
export async function digitImages(
  key: Key,
  { training, edited }: { training: number; edited: number },
): Promise<{ train: DigitImages; test: DigitImages }> {
  const [train, test] = [await loadDigits({ split: 'train' }), await loadDigits({ split: 'test' })];
  return {
    train: pick(train, permutation(key, train.count), training),
    test: pick(test, permutation(key, test.count), edited),
  };
}

function pick({ images, labels }: Digits, order: ArrayLike<number>, count: number): DigitImages {
  const data = new Float64Array(count * pixels);
  const chosen: number[] = [];
  for (let n = 0; n < count; n++) {
    const from = order[n]! * 28 * 28;
    chosen.push(labels[order[n]!]!);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const at = from + 2 * y * 28 + 2 * x;
        const sum = images[at]! + images[at + 1]! + images[at + 28]! + images[at + 29]!;
        data[n * pixels + y * side + x] = sum / 510 - 1;
      }
  }
  return { images: { shape: [count, side, side, 1], data }, labels: chosen };
}

/** Every two by two square replaced by its mean: a coarse sketch of the image. */
export function coarse({ shape, data }: Array64): Array64 {
  const out = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += pixels)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const corner = start + (y - (y % 2)) * side + x - (x % 2);
        out[start + y * side + x] =
          (data[corner]! + data[corner + 1]! + data[corner + side]! + data[corner + side + 1]!) / 4;
      }
  return { shape, data: out };
}

export interface Judgement {
  /** Class by the majority of the three nearest training images. */
  readonly label: number;
  /** Root-mean-square distance to the nearest one. */
  readonly distance: number;
}

/** What digits images [n, 14, 14, 1] show and how near to real ones they are: a judge without training. */
export function judge({ data }: Array64, { images, labels }: DigitImages): Judgement[] {
  const all = images.data;
  const size = side * side;
  const results: Judgement[] = [];
  for (let start = 0; start < data.length; start += size) {
    const best: { label: number; distance: number }[] = [];
    for (const [n, label] of labels.entries()) {
      const worst = best.length === 3 ? best[2]!.distance : Infinity;
      let distance = 0;
      for (let k = 0; k < size && distance < worst; k++)
        distance += (data[start + k]! - all[n * size + k]!) ** 2;
      if (distance >= worst) continue;
      best.push({ label, distance });
      best.sort((a, b) => a.distance - b.distance);
      best.length = Math.min(3, best.length);
    }
    const [first, second, third] = best as [Judgement, Judgement, Judgement];
    const label = second.label === third.label ? second.label : first.label;
    results.push({ label, distance: Math.sqrt(first.distance / size) });
  }
  return results;
}

/** Root-mean-square differences of paired images. */
export function differences(a: Array64, b: Array64): number[] {
  const size = side * side;
  const sums = new Array<number>(a.data.length / size).fill(0);
  a.data.forEach((value, i) => {
    sums[Math.floor(i / size)]! += (value - b.data[i]!) ** 2 / size;
  });
  return sums.map(Math.sqrt);
}
