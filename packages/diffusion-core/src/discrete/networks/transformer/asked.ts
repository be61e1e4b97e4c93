import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** The rows of some places alone, [B, L, width] to [K, 1, width]: what follows sees K sequences of one place. */
export function placesOf(x: Tensor, asked: Tensor): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.expandDims(tf.gather(tf.reshape(x, [batch * length, width]), asked), 1);
}

/** What belongs to the sequences of these places, [B, size] to [K, size]; [1, size] belongs to all and stays. */
export function sequencesOf(x: Tensor, asked: Tensor, length: number): Tensor {
  return x.shape[0] === 1 ? x : tf.gather(x, tf.floorDiv(asked, tf.scalar(length, 'int32')));
}

export function assertAsked(asked: Tensor): void {
  if (asked.dtype !== 'int32' || asked.rank !== 1)
    throw new LabError('shape', 'asked places are a list of whole numbers, counted through the batch', {
      argument: 'asked',
      expected: { shape: ['K'], dtype: 'int32' },
      received: { shape: asked.shape, dtype: asked.dtype },
      hint: 'place l of sequence b is b L + l',
    });
}
