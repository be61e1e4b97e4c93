import type { Initializer } from '@lab/tensor-core';

/**
 * How a file keeps an array that is a weight here.
 *
 * - `same`: in the same order
 * - `transposed`: [outputs, inputs] for a weight [inputs, outputs], as PyTorch keeps a linear layer
 * - `convolution`: [outputs, inputs, places...] for a kernel [places..., inputs, outputs], as PyTorch keeps it
 */
export type Layout = 'same' | 'transposed' | 'convolution';

/** Where a weight is kept in a file. */
export interface Stored {
  /** Its published name. */
  readonly name: string;
  /** @default 'same' */
  readonly layout?: Layout;
  /** For a weight that is one of several laid side by side along the last axis, such as query, key and value. */
  readonly part?: { readonly index: number; readonly of: number };
  /** The array's shape in the file, where it has axes of size one besides. @default what layout and part give */
  readonly shape?: readonly number[];
}

/** One weight of an architecture: its place in the tree of parameters, its shape, its first values and its place in files. */
export interface Weight {
  /** Path in the tree of parameters, `encoder.layer.0.output.dense.weight`. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly init: Initializer;
  readonly stored: Stored;
}

/** Number of entries of an array of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Number of parameters, without making any.
 *
 * @example
 * countWeights(roberta(robertaBase).weights); // 124645632
 */
export function countWeights(weights: readonly Weight[]): number {
  return weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The shape that a weight's array has in a file. */
export function storedShape({ shape, stored }: Weight): readonly number[] {
  if (stored.shape) return stored.shape;
  const whole = stored.part ? [...shape.slice(0, -1), shape.at(-1)! * stored.part.of] : shape;
  switch (stored.layout) {
    case 'transposed':
      return [...whole].reverse();
    case 'convolution':
      return [whole.at(-1)!, whole.at(-2)!, ...whole.slice(0, -2)];
    default:
      return whole;
  }
}
