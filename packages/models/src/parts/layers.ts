import {
  conv2d,
  groupNorm,
  layerNorm,
  lecunNormal,
  linear,
  onesInit,
  tf,
  zerosInit,
  type ConvParams,
  type Initializer,
  type LinearParams,
  type Module,
  type NormParams,
  type Tensor,
  type Tensor4D,
} from '@lab/tensor-core';
import type { Layout, Weight } from '../weights/weight';
import type { Part } from './part';

/** Factor `weight` and offset `bias` of a normalisation. */
export type NormWeights = { readonly weight: Tensor; readonly bias: Tensor };

export interface AffineOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** @default true */
  readonly bias?: boolean;
  /** First values of the matrix; a bias starts at zero. @default lecunNormal */
  readonly init?: Initializer;
}

/** One weight alone. */
export function weight(
  name: string,
  shape: readonly number[],
  init: Initializer,
  layout: Layout = 'same',
): Weight {
  return { path: name, shape, init, stored: { name, layout } };
}

/** An array that a network uses as it is, such as a table of positions. */
export function table(shape: readonly number[], init: Initializer): Part<Tensor, []> {
  return { weights: (at) => [weight(at, shape, init)], apply: (values) => values };
}

/** An affine map of the last axis, kept in files as [outputs, inputs]. */
export function affine({
  inputs,
  outputs,
  bias = true,
  init = lecunNormal,
}: AffineOptions): Part<LinearParams> {
  return {
    weights: (at) => withBias(weight(`${at}.weight`, [inputs, outputs], init, 'transposed'), at, bias),
    apply: (params, x) => linear({ inputs, outputs }).apply(params, x),
  };
}

export interface ConvolutionOptions extends AffineOptions {
  readonly size: number;
  /** @default 1 */
  readonly stride?: number;
  /** Zeros before and after, along both axes. @default as many as keep the size at stride 1 */
  readonly pad?: readonly [before: number, after: number];
}

/** A convolution over images [batch, height, width, inputs], kept in files as [outputs, inputs, size, size]. */
export function convolution({
  inputs,
  outputs,
  size,
  stride = 1,
  pad = [(size - 1) / 2, (size - 1) / 2],
  bias = true,
  init = lecunNormal,
}: ConvolutionOptions): Part<ConvParams> {
  // With a stride, `same` would pad as TensorFlow does, by the input's size.
  const isSame = stride === 1 && pad.every((zeros) => zeros === (size - 1) / 2);
  const padded = (x: Tensor): Tensor =>
    isSame || pad.every((zeros) => zeros === 0)
      ? x
      : tf.pad(x as Tensor4D, [[0, 0], [...pad], [...pad], [0, 0]]);
  const module = conv2d({ inputs, outputs, size, stride, padding: isSame ? 'same' : 'valid' });
  return {
    weights: (at) =>
      withBias(weight(`${at}.weight`, [size, size, inputs, outputs], init, 'convolution'), at, bias),
    apply: (params, x) => module.apply(params, padded(x)),
  };
}

/** Normalisation of the last axis. */
export function layerNormed(size: number, epsilon = 1e-5): Part<NormWeights> {
  return normed(size, layerNorm({ size, epsilon }));
}

/** Normalisation over all places and the channels of a group. */
export function groupNormed(channels: number, groups: number, epsilon = 1e-5): Part<NormWeights> {
  return normed(channels, groupNorm({ channels, groups, epsilon }));
}

/** Images of twice the height and width, every entry four times. */
export function doubled(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const rows = tf.reshape(x, [batch * height, 1, width, channels]);
  const places = tf.reshape(tf.concat([rows, rows], 1), [2 * batch * height * width, 1, channels]);
  return tf.reshape(tf.concat([places, places], 1), [batch, 2 * height, 2 * width, channels]);
}

function normed(size: number, module: Module<NormParams>): Part<NormWeights> {
  return {
    weights: (at) => withBias(weight(`${at}.weight`, [size], onesInit), at, true),
    apply: ({ weight: scale, bias }, x) => module.apply({ scale, bias }, x),
  };
}

function withBias(matrix: Weight, at: string, bias: boolean): Weight[] {
  return bias ? [matrix, weight(`${at}.bias`, [matrix.shape.at(-1)!], zerosInit)] : [matrix];
}
