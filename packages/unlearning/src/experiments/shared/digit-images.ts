import { tf, type Tensor } from '@lab/tensor-core';
import { permutation, type Key } from '@lab/tensor-core/random';
import { loadDigits } from '@lab/datasets/node';

/** Digits of 14 by 14 grey levels in [0, 1]. */
export interface GreyDigits {
  /** [n, 196] */
  readonly pixels: Float32Array;
  readonly labels: Uint8Array;
}

const side = 14;
const area = side * side;

export type Colour = readonly [red: number, green: number, blue: number];

export const colours = {
  grey: [1, 1, 1],
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
  yellow: [1, 1, 0],
} as const satisfies Record<string, Colour>;

/** Inputs of a coloured digit. */
export const inputSize = 3 * area;

/** MNIST, each two by two pixels averaged. */
export async function greyDigits(split: 'train' | 'test'): Promise<GreyDigits> {
  const { images, labels, count } = await loadDigits({ split });
  const pixels = new Float32Array(count * area);
  for (let i = 0; i < count; i++)
    for (let r = 0; r < 28; r++)
      for (let c = 0; c < 28; c++)
        pixels[i * area + (r >> 1) * side + (c >> 1)]! += images[i * 784 + r * 28 + c]! / (4 * 255);
  return { pixels, labels };
}

/** `count` random digits of the first `classes` classes: their rows. */
export function drawRows({ labels }: GreyDigits, key: Key, count: number, classes = 10): number[] {
  const rows: number[] = [];
  for (const row of permutation(key, labels.length)) {
    if (labels[row]! < classes) rows.push(row);
    if (rows.length === count) break;
  }
  return rows;
}

/** Digits in these colours, luminance times colour, as inputs in [-1, 1]: [n, 588]. */
export function paint(
  { pixels }: GreyDigits,
  rows: readonly number[],
  colourOf: (i: number) => Colour,
): Tensor {
  const x = new Float32Array(rows.length * inputSize).fill(-1);
  rows.forEach((row, i) => {
    const colour = colourOf(i);
    for (let channel = 0; channel < 3; channel++)
      for (let k = 0; k < area; k++)
        x[i * inputSize + channel * area + k] = 2 * colour[channel]! * pixels[row * area + k]! - 1;
  });
  return tf.tensor2d(x, [rows.length, inputSize]);
}

export const labelsOf = ({ labels }: GreyDigits, rows: readonly number[]): Tensor =>
  tf.tensor1d(
    Int32Array.from(rows, (row) => labels[row]!),
    'int32',
  );

export const sameLabel = (count: number, label: number): Tensor => tf.fill([count], label, 'int32');
