import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

export interface TimeEmbeddingOptions {
  /** Number of frequencies; the embedding has twice as many entries. @default 16 */
  readonly frequencies?: number;
  /** Lowest angular frequency, in radians over the whole of time. @default 0.1 */
  readonly low?: number;
  /** Highest angular frequency. @default 100 */
  readonly high?: number;
}

/** Sine and cosine of `t` at frequencies spaced evenly in the logarithm: t [B] to [B, 2 frequencies]. */
export function timeEmbedding(
  t: Tensor,
  { frequencies = 16, low = 0.1, high = 100 }: TimeEmbeddingOptions = {},
): Tensor {
  if (!(Number.isInteger(frequencies) && frequencies > 1 && low > 0 && high > low))
    throw new LabError('argument', 'a time embedding needs frequencies >= 2 and 0 < low < high', {
      received: { frequencies, low, high },
    });
  const ratio = Math.log(high / low) / (frequencies - 1);
  const rates = Array.from({ length: frequencies }, (_, i) => low * Math.exp(i * ratio));
  const angles = tf.matMul(tf.reshape(t, [-1, 1]), tf.tensor2d([rates]));
  return tf.concat([tf.sin(angles), tf.cos(angles)], 1);
}

/** Entries of an embedding made with these options. */
export function timeEmbeddingSize({ frequencies = 16 }: TimeEmbeddingOptions = {}): number {
  return 2 * frequencies;
}
