import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Space } from '../types';

/**
 * `share x std(like) / std(x) + (1 - share) x`, with the (unbiased) standard deviations of all entries; a new state.
 */
export function rescaled<X>(space: Space<X>, x: X, { like, share }: { like: X; share: number }): X {
  if (space.name === 'tensor')
    return tf.tidy(() => {
      const ratio = tf.div(tensorDeviation(like as Tensor), tf.add(tensorDeviation(x as Tensor), 1e-9));
      return tf.mul(x as Tensor, tf.add(tf.mul(ratio, share), 1 - share));
    }) as X;
  const ratio = deviation(like as Array64) / (deviation(x as Array64) + 1e-9);
  return space.combine([[share * ratio + 1 - share, x]]);
}

const tensorDeviation = (x: Tensor): Tensor =>
  tf.sqrt(tf.div(tf.sum(tf.square(tf.sub(x, tf.mean(x)))), x.size - 1));

function deviation({ data }: Array64): number {
  const mean = data.reduce((sum, each) => sum + each, 0) / data.length;
  return Math.sqrt(data.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (data.length - 1));
}
