import type { Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { toEstimate, type Denoiser, type Estimate, type Schedule } from '@lab/diffusion-core';
import type { GuidancePoint } from './types';

/**
 * A denoiser's readings at a state, op by op and at once, so that a gradient runs back through them.
 *
 * @throws LabError `unsupported`, when asked, for a denoiser whose predict is asynchronous
 */
export function differentiableEstimate({
  denoiser,
  schedule,
}: {
  readonly denoiser: Denoiser;
  readonly schedule: Schedule;
}): (x: Tensor, point: GuidancePoint) => Estimate {
  return (x, { t, condition }) => {
    const prediction = denoiser.predict(x, t, condition, { engine: 'eager' });
    if (!('dataSync' in prediction))
      throw new LabError(
        'unsupported',
        'guidance differentiates the denoiser, whose predict must be synchronous',
        { argument: 'denoiser' },
      );
    return toEstimate(denoiser.space, {
      predicts: denoiser.predicts,
      prediction,
      x,
      alpha: schedule.alpha(t),
      sigma: schedule.sigma(t),
    });
  };
}
