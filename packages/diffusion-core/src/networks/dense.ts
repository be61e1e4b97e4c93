import { tf, type Tensor } from '@lab/tensor-core';
import { normal, type Key } from '@lab/tensor-core/random';

/** A layer's parameters: `weight` [inputs, outputs] and, for an affine one, `bias` [outputs]. */
export interface DenseParams {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

export interface DenseOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Standard deviation of the weights. @default 1 / sqrt(inputs) */
  readonly scale?: number;
  /** @default true */
  readonly bias?: boolean;
}

export function denseInit(
  key: Key,
  { inputs, outputs, scale = 1 / Math.sqrt(inputs), bias = true }: DenseOptions,
): DenseParams {
  const weight = normalTensor(key, [inputs, outputs], scale);
  return bias ? { weight, bias: tf.zeros([outputs]) } : { weight };
}

/** Applies a layer to the last axis; leading axes are folded into one so that the product is a single plain one. */
export function dense({ weight, bias }: DenseParams, x: Tensor): Tensor {
  const outputs = weight.shape[1]!;
  const rows = x.shape.length === 2 ? x : tf.reshape(x, [-1, weight.shape[0]]);
  const product = tf.matMul(rows, weight);
  const y = bias === undefined ? product : tf.add(product, bias);
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
