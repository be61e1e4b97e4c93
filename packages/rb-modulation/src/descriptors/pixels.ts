import { tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { LabError } from '@lab/tensor-core/errors';
import { unitRows } from '../costs/descriptor-cost';
import type { Descriptor } from './types';

/**
 * The image itself, less the mean of `images` [n, h, w, C], at length 1: a descriptor that holds content as much as style, to
 * compare with.
 */
export function pixelDescriptor(images: Array64): Descriptor {
  const size = entries(images);
  const mean = new Float32Array(size);
  const count = images.shape[0]!;
  images.data.forEach((value, at) => (mean[at % size]! += value / count));
  return {
    name: 'pixels',
    size,
    embed: (x) => unitRows(tf.sub(tf.reshape(x, [x.shape[0], size]), tf.tensor1d(mean))),
  };
}

/**
 * The grey image less its own mean, at length 1: shapes and their places, whatever their colours. A content descriptor that
 * needs no training.
 *
 * @param shape [h, w, C] of an image
 */
export function greyDescriptor([height, width]: readonly [number, number, number]): Descriptor {
  const size = height * width;
  return {
    name: 'grey image',
    size,
    embed(x: Tensor) {
      const grey = tf.reshape(tf.mean(x, 3), [x.shape[0], size]);
      return unitRows(tf.sub(grey, tf.mean(grey, 1, true)));
    },
  };
}

function entries({ shape }: Array64): number {
  if (shape.length !== 4 || !(shape[0]! > 0))
    throw new LabError('shape', 'pixelDescriptor needs images [n, h, w, C]', { received: shape });
  return shape.slice(1).reduce((product, each) => product * each, 1);
}
