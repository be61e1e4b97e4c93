import type { Tensor } from '@lab/tensor-core';
import type { MeasurementOperator } from '../operators';
import type { ImageProblemOptions, LatentModel } from '../problems';
import { measuredImages } from '../problems/measured-images';
import { decodeImages, type RestoreResult } from '../stsl/stsl-restore';
import { runMethod, type RestorationMethod, type RunMethodOptions } from './method';

export interface RestoreByOptions extends RunMethodOptions<Tensor>, Pick<ImageProblemOptions, 'engine'> {
  readonly method: RestorationMethod;
}

/**
 * Restores images from a degraded measurement by one of the baselines: what `stslRestore` is for STSL.
 *
 * @param y [B, h, w, C] on the scale of images in [-1, 1]; it stays the caller's
 * @throws LabError `shape` when y is none of the operator's measurements, `argument` (also for images on another scale), `numeric`, `unsupported`, `aborted`
 * @example
 * const { images } = await restoreBy(y, superResolution({ factor: 4 }), model, { method: psld(), steps: 1000, key: key(0) });
 */
export async function restoreBy(
  y: Tensor,
  operator: MeasurementOperator,
  model: LatentModel,
  { method, engine, ...options }: RestoreByOptions,
): Promise<RestoreResult> {
  const problem = await measuredImages({ ...model, operator, y, engine });
  try {
    const { latents, stats } = await runMethod(problem, method, options);
    return { images: decodeImages(model.autoencoder, latents), latents, stats };
  } finally {
    problem.dispose?.();
  }
}
