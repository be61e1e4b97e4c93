import { LabError } from '@lab/tensor-core/errors';
import { toEstimate, toPrediction } from '../estimates/convert';
import { timeOf } from '../schedules/log-snr-times';
import type { Denoiser, Schedule } from '../types';

/**
 * A denoiser of any schedule read as the velocity of a rectified flow: for `z = alpha x_0 + sigma noise`, the state
 * `x = z / (alpha + sigma)` is the flow's at noise level `sigma / (alpha + sigma)`, and its velocity is `noise - x_0`. So
 * a network trained by DDPM serves everything that is written for flows.
 *
 * A noise level above the model's largest (alpha = 0 is no signal at all) is taken as the largest.
 *
 * @throws LabError `argument` from a prediction at a level outside [0, 1]
 * @example
 * const flow = flowDenoiser(denoiser, vpLinearSchedule());
 */
export function flowDenoiser<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  schedule: Schedule,
): Denoiser<X, Condition> {
  const { space, predicts } = denoiser;
  return {
    predicts: 'velocity',
    space,
    async predict(x, level, condition, context) {
      const t = nativeTime(schedule, level);
      const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
      // The clean sample tells nothing of its noise, whose mean is 0.
      if (sigma === 0 && predicts === 'sample') return space.combine([[-1, x]]);
      const z = space.combine([[alpha + sigma, x]]);
      let prediction: typeof x | undefined;
      try {
        prediction = await denoiser.predict(z, t, condition, context);
        const estimate = toEstimate(space, { predicts, prediction, x: z, alpha, sigma });
        try {
          return toPrediction(space, { predicts: 'velocity', estimate, alpha, sigma });
        } finally {
          space.dispose(estimate.x0);
          space.dispose(estimate.noise);
        }
      } finally {
        if (prediction !== undefined && prediction !== z) space.dispose(prediction);
        space.dispose(z);
      }
    },
    dispose: () => denoiser.dispose?.(),
  };
}

/** The schedule's time at which noise and signal are in the ratio `level : 1 - level`. */
function nativeTime(schedule: Schedule, level: number): number {
  if (!(level >= 0 && level <= 1))
    throw new LabError('argument', 'a noise level of a flow lies in [0, 1]', {
      argument: 't',
      received: level,
      hint: 'divide timesteps that run to 1000 by 1000',
    });
  if (level === 0) return 0;
  const logSnr = 2 * (Math.log1p(-level) - Math.log(level));
  if (logSnr <= schedule.logSnr(1)) return 1;
  return timeOf(schedule, logSnr, { first: 1, last: 0 });
}
