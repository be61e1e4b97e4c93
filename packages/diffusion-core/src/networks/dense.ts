import { tf, type Tensor } from '@lab/tensor-core';
import { normal, type Key } from '@lab/tensor-core/random';

/** An affine layer's parameters: `weight` [inputs, outputs], `bias` [outputs]. */
export type DenseParams = { readonly weight: Tensor; readonly bias: Tensor };

export interface DenseOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Standard deviation of the weights. @default 1 / sqrt(inputs) */
  readonly scale?: number;
}

export function denseInit(
  key: Key,
  { inputs, outputs, scale = 1 / Math.sqrt(inputs) }: DenseOptions,
): DenseParams {
  return { weight: normalTensor(key, [inputs, outputs], scale), bias: tf.zeros([outputs]) };
}

/** Affine in the last axis; leading axes are folded into one so that the product is a single plain one. */
export function dense({ weight, bias }: DenseParams, x: Tensor): Tensor {
  const outputs = weight.shape[1]!;
  const rows = x.shape.length === 2 ? x : tf.reshape(x, [-1, weight.shape[0]!]);
  const y = tf.add(tf.matMul(rows, weight), bias);
  return x.shape.length === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), outputs]);
}

/** Normal draws of a given standard deviation as a new tensor. */
export function normalTensor(key: Key, shape: readonly number[], scale: number): Tensor {
  const draws = normal(key, shape);
  return tf.tensor(
    draws.map((value) => value * scale),
    [...shape],
    'float32',
  );
}

/** x sigmoid(x). */
export function silu(x: Tensor): Tensor {
  return tf.mul(x, tf.sigmoid(x));
}
