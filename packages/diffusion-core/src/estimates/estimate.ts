import type { Denoiser, Estimate, PredictContext, Schedule } from '../types';
import { toEstimate } from './convert';

export interface EstimateOptions<Condition> extends PredictContext {
  readonly schedule: Schedule;
  /** Passed to the denoiser as it is. */
  readonly condition?: Condition | undefined;
}

/**
 * The posterior mean `x0 = E[x_0 | x_t]` and the noise that a denoiser sees in a state `x` [B, ...] at time `t`.
 *
 * Both states are the caller's to dispose.
 *
 * @example
 * const { x0 } = await estimate(denoiser, x, { t: 0.3, schedule });
 */
export async function estimate<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  x: X,
  { t, schedule, condition, ...context }: EstimateOptions<Condition> & { readonly t: number },
): Promise<Estimate<X>> {
  const { space, predicts } = denoiser;
  const prediction = await denoiser.predict(x, t, condition, context);
  try {
    return toEstimate(space, { predicts, prediction, x, alpha: schedule.alpha(t), sigma: schedule.sigma(t) });
  } finally {
    if (prediction !== x) space.dispose(prediction);
  }
}
