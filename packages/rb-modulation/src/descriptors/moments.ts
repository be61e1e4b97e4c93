import { tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { unitRows } from '../costs/descriptor-cost';
import { standardiser, standardised } from './standardise';
import type { Descriptor } from './types';

/** Keeps roots differentiable where an image is flat. */
const floor = 1e-4;

/**
 * Colours and textures without a network: of each channel the mean, the standard deviation, and the root mean squares of
 * horizontal and vertical differences. What a picture shows, and where, hardly matters to it. Standardised over `images`
 * [n, h, w, C] and of length 1; without images as they are, for the squared distance.
 *
 * @throws LabError `shape` unless there are at least two images
 */
export function momentDescriptor(images: Array64 | { readonly channels: number }): Descriptor {
  if ('channels' in images) return { name: 'moments', size: 4 * images.channels, embed: rawMoments };
  const scale = standardiser(images, rawMoments);
  return {
    name: 'moments',
    size: 4 * images.shape[3]!,
    embed: (x) => unitRows(standardised(rawMoments(x), scale)),
  };
}

/** [B, 4 C], before they are standardised. */
export function rawMoments(x: Tensor): Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const places = [1, 2];
  const root = (squares: Tensor): Tensor => tf.sqrt(tf.add(tf.mean(squares, places), floor));
  const mean = tf.mean(x, places, true);
  const part = (top: number, left: number, rows: number, columns: number): Tensor =>
    tf.slice(x as Tensor4D, [0, top, left, 0], [batch, rows, columns, channels]);
  const across = tf.sub(part(0, 1, height, width - 1), part(0, 0, height, width - 1));
  const down = tf.sub(part(1, 0, height - 1, width), part(0, 0, height - 1, width));
  return tf.concat(
    [
      tf.reshape(mean, [batch, channels]),
      root(tf.square(tf.sub(x, mean))),
      root(tf.square(across)),
      root(tf.square(down)),
    ],
    1,
  );
}
