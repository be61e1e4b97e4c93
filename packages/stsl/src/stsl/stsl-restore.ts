import { tf, type Tensor } from '@lab/tensor-core';
import type { MeasurementOperator } from '../operators';
import type { ImageProblemOptions, LatentModel } from '../problems/image-problem';
import { measuredImages } from '../problems/measured-images';
import { stslSample, type RunStats, type StslOptions } from './stsl-sample';

export interface RestoreResult {
  /** Restored images [B, H, W, C] within [-1, 1], the caller's. */
  readonly images: Tensor;
  /** Their latents [B, ...], the caller's. */
  readonly latents: Tensor;
  readonly stats: RunStats;
}

/**
 * Restores images from a degraded measurement `y = A(x) + n` with a latent diffusion model, no training (Algorithm 1).
 *
 * @param y [B, h, w, C] on the scale of images in [-1, 1]; it stays the caller's
 * @throws LabError `shape` when y is none of the operator's measurements, `argument` (also for images on another scale), `numeric`, `unsupported`, `aborted`
 * @example
 * const { images } = await stslRestore(y, superResolution({ factor: 4 }), { denoiser, schedule, autoencoder }, { key: key(0) });
 */
export async function stslRestore(
  y: Tensor,
  operator: MeasurementOperator,
  model: LatentModel,
  { engine, ...options }: StslOptions<Tensor> & Pick<ImageProblemOptions, 'engine'>,
): Promise<RestoreResult> {
  const problem = await measuredImages({ ...model, operator, y, engine });
  try {
    const { latents, stats } = await stslSample(problem, options);
    return { images: decodeImages(model.autoencoder, latents), latents, stats };
  } finally {
    problem.dispose?.();
  }
}

/** Latents as images within [-1, 1]. */
export function decodeImages(autoencoder: LatentModel['autoencoder'], latents: Tensor): Tensor {
  return tf.tidy(() => tf.clipByValue(autoencoder.decode(latents), -1, 1));
}
