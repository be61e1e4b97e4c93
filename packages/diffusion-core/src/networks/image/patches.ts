import { tf, type Tensor } from '@lab/tensor-core';

/**
 * Square patches of an image as tokens: [B, h, w, C] to [B, (h / p)(w / p), p p C], row by row. By a transpose of rank
 * 4, for which every engine has a fast path.
 */
export function toPatches(x: Tensor, patch: number): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [rows, columns] = [height / patch, width / patch];
  const strips = tf.reshape(x, [batch * rows, patch, columns, patch * channels]);
  const patches = tf.transpose(strips, [0, 2, 1, 3]);
  return tf.reshape(patches, [batch, rows * columns, patch * patch * channels]);
}

/** The inverse of `toPatches`; `shape` is the image's. */
export function fromPatches(tokens: Tensor, shape: readonly number[], patch: number): Tensor {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  const [rows, columns] = [height / patch, width / patch];
  const patches = tf.reshape(tokens, [batch * rows, columns, patch, patch * channels]);
  return tf.reshape(tf.transpose(patches, [0, 2, 1, 3]), [batch, height, width, channels]);
}
