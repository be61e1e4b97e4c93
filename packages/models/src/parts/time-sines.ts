import { tf, type Tensor } from '@lab/tensor-core';

/** Cosines, then sines, of the times at width / 2 frequencies from 1 down, 10000^(-2 i / width). */
export function timeSines(times: Tensor, width: number): Tensor {
  const half = width / 2;
  const frequencies = Array.from({ length: half }, (_, i) => 10_000 ** (-i / half));
  const angles = tf.mul(tf.reshape(tf.cast(times, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]));
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1);
}
