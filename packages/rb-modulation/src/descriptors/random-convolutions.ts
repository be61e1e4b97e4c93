import { tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import { foldIn, normal, type Key } from '@lab/tensor-core/random';
import { gramDescriptor } from './gram';
import type { Descriptor } from './types';

export interface RandomTextureOptions {
  /** Weights are drawn from it. */
  readonly key: Key;
  /** Channels of the images. @default 3 */
  readonly channels?: number;
  /** Channels of the feature maps; each map after the first has half the side of the one before. @default [16, 32] */
  readonly widths?: readonly number[];
}

/**
 * Gram matrices of a convolutional network with random weights, which tell textures apart without any training (Ustyuzhaninov et
 * al. 2017, "What does it take to generate natural textures?"). No download, no tensors that somebody must free.
 *
 * @example
 * const descriptor = randomTexture({ key: key(0) });
 */
export function randomTexture({ key, channels = 3, widths = [16, 32] }: RandomTextureOptions): Descriptor {
  const filters = widths.map((width, i) => {
    const inputs = widths[i - 1] ?? channels;
    const shape = [3, 3, inputs, width] as const;
    // He et al. 2015: keeps the size of signals through rectified layers.
    const scale = Math.sqrt(2 / (9 * inputs));
    return { shape, values: normal(foldIn(key, i), [...shape]).map((value) => scale * value) };
  });
  const features = (images: Tensor): Tensor[] => {
    let hidden = images;
    return filters.map(({ shape, values }, i) => {
      const filter = tf.tensor4d(Float32Array.from(values), [...shape]);
      hidden = tf.relu(tf.conv2d(hidden as Tensor4D, filter, i === 0 ? 1 : 2, 'same'));
      return hidden;
    });
  };
  return { ...gramDescriptor({ features, channels: widths }), name: 'random texture' };
}
