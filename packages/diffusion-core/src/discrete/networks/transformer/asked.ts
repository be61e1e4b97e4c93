import { tf, type Tensor } from '@lab/tensor-core';

/** The rows of some places alone, [B, L, width] to [K, 1, width]: what follows sees K sequences of one place. */
export function placesOf(x: Tensor, asked: Tensor): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.expandDims(tf.gather(tf.reshape(x, [batch * length, width]), asked), 1);
}

/** What belongs to the sequences of these places, [B, size] to [K, size]; [1, size] belongs to all and stays. */
export function sequencesOf(x: Tensor, asked: Tensor, length: number): Tensor {
  return x.shape[0] === 1 ? x : tf.gather(x, tf.floorDiv(asked, tf.scalar(length, 'int32')));
}
