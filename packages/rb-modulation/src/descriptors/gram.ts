import { tf, type Tensor } from '@lab/tensor-core';
import { unitRows } from '../costs/descriptor-cost';
import type { Descriptor } from './types';

export interface GramDescriptorOptions {
  /** Images [B, h, w, C] to feature maps [B, h_i, w_i, c_i] of a network's layers; differentiable. */
  readonly features: (images: Tensor) => readonly Tensor[];
  /** Channels c_i of each layer. */
  readonly channels: readonly number[];
}

/**
 * Products of a network's features averaged over all places (Gatys et al. 2016, "Image Style Transfer Using Convolutional
 * Neural Networks", eq. 3): which features occur together, not where. The parts of the layers are at length 1 each, then all.
 */
export function gramDescriptor({ features, channels }: GramDescriptorOptions): Descriptor {
  return {
    name: 'gram matrices',
    size: channels.reduce((sum, each) => sum + (each * (each + 1)) / 2, 0),
    embed: (images) =>
      unitRows(
        tf.concat(
          features(images).map((map) => unitRows(upperGram(map))),
          1,
        ),
      ),
  };
}

/** The upper triangles [B, c (c + 1) / 2] of the Gram matrices of a map [B, h, w, c]. */
function upperGram(map: Tensor): Tensor {
  const [batch, height, width, size] = map.shape as [number, number, number, number];
  const rows = tf.reshape(map, [batch, height * width, size]);
  const products = tf.matMul(tf.transpose(rows, [0, 2, 1]), rows);
  const gram = tf.reshape(tf.div(products, height * width), [batch, size * size]);
  // By a product with a matrix of zeros and ones: gathering has a slow gradient on some engines.
  const pairs: number[] = [];
  for (let i = 0; i < size; i++) for (let j = i; j < size; j++) pairs.push(i * size + j);
  const chosen = new Float32Array(size * size * pairs.length);
  pairs.forEach((pair, k) => (chosen[pair * pairs.length + k] = 1));
  return tf.matMul(gram, tf.tensor2d(chosen, [size * size, pairs.length]));
}
