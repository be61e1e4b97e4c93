import { randomNormal, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Key } from '@lab/tensor-core/random';
import type { ImageAutoencoder } from '../networks/image/image-autoencoder';

export interface AutoencoderLossOptions<Params> {
  readonly autoencoder: ImageAutoencoder<Params>;
  /** Randomness of the noise on the latent. */
  readonly key: Key;
  /**
   * Standard deviation of the noise that is added to the latent before decoding: the decoder learns to bear errors of
   * a sampler of that size. @default 0.1
   */
  readonly noise?: number;
  /** Weight of `mean(z^2)`, which keeps latents from growing. @default 1e-3 */
  readonly size?: number;
}

/**
 * `mean (decode(encode(x) + noise e) - x)^2 + size mean(encode(x)^2)` over images [B, h, w, C], a pure scalar that
 * compiles: the fixed-variance limit of a variational autoencoder (Kingma & Welling 2014; the second term is the part of
 * its divergence that depends on the mean).
 *
 * @throws LabError `argument` for a negative noise or weight
 */
export function autoencoderLoss<Params>(
  params: Params,
  x: Tensor,
  { autoencoder, key, noise = 0.1, size = 1e-3 }: AutoencoderLossOptions<Params>,
): Tensor {
  if (!(noise >= 0 && size >= 0))
    throw new LabError('argument', 'autoencoderLoss needs noise >= 0 and size >= 0', {
      received: { noise, size },
    });
  return tf.tidy(() => {
    const z = autoencoder.encode(params, x);
    const noisy = noise > 0 ? tf.add(z, tf.mul(randomNormal(key, z.shape), noise)) : z;
    const error = tf.mean(tf.square(tf.sub(autoencoder.decode(params, noisy), x)));
    return size > 0 ? tf.add(error, tf.mul(tf.mean(tf.square(z)), size)) : error;
  });
}
