import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

/** Mean of red, green and blue over CLIP's training images in [0, 1]. */
export const clipMean = [0.48145466, 0.4578275, 0.40821073] as const;

/** Their standard deviations. */
export const clipDeviation = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * Images [batch, height, width, 3] in [0, 1] as CLIP's towers read them. Differentiable. They must have the tower's size:
 * the published preparation makes the shorter side `image_size` (bicubic) and cuts out the middle.
 */
export function clipPixels(images: Tensor): Tensor {
  if (images.rank !== 4 || images.shape[3] !== 3)
    throw new LabError('shape', 'clipPixels: images are [batch, height, width, 3]', {
      argument: 'images',
      received: images.shape,
    });
  return tf.tidy(() => tf.div(tf.sub(images, [...clipMean]), [...clipDeviation]));
}
