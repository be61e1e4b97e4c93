import type { Denoiser } from '../types';
import type { SampleOptions, SampleResult } from './options';
import { trajectory } from './trajectory';

/**
 * Draws samples from a denoiser: from noise (or `init`) along the schedule to t = 0.
 *
 * The numbers depend on `key` alone and are the same in both spaces up to rounding. The samples are the caller's to
 * dispose; everything else is freed, also after a throw or an abort.
 *
 * @throws LabError `argument` for a bad grid or shape, `numeric` when a state stops being finite, `aborted`
 * @example
 * const { samples, modelCalls } = await sample(denoiser, { schedule, steps: 50, shape: [64, 48, 1], key: key(0) });
 */
export async function sample<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  options: SampleOptions<X, Condition>,
): Promise<SampleResult<X>> {
  const points = trajectory(denoiser, options);
  for (;;) {
    const next = await points.next();
    if (next.done === true) return next.value;
    const point = next.value;
    try {
      await options.onStep?.(point);
    } catch (error) {
      await points.return(undefined as never);
      if (point.index === point.steps - 1) denoiser.space.dispose(point.x);
      throw error;
    }
  }
}
