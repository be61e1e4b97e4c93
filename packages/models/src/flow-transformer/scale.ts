import { tf, type Tensor } from '@lab/tensor-core';
import { timeSines } from '../parts/time-sines';

/** What latents of an autoencoder are shifted and scaled by before they are noised. */
export interface LatentScale {
  readonly shift: number;
  readonly scale: number;
}

export const fluxScale: LatentScale = { shift: 0.1159, scale: 0.3611 };
export const stableDiffusion3Scale: LatentScale = { shift: 0.0609, scale: 1.5305 };

/** Latents as the autoencoder gives them to what the transformer was trained on. */
export function scaleLatents(latents: Tensor, { shift, scale }: LatentScale): Tensor {
  return tf.tidy(() => tf.mul(tf.sub(latents, shift), scale));
}

/** The inverse of `scaleLatents`. */
export function unscaleLatents(latents: Tensor, { shift, scale }: LatentScale): Tensor {
  return tf.tidy(() => tf.add(tf.div(latents, scale), shift));
}

/**
 * What Flux's embedding of times in [0, 1], and that of the strength of guidance, read: cosines and sines of a thousand
 * times the number, [batch] to [batch, width].
 */
export function flowSines(values: Tensor, { width = 256 }: { readonly width?: number } = {}): Tensor {
  return tf.tidy(() => timeSines(tf.mul(values, 1000), width));
}
