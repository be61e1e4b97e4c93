import type { Control } from '@lab/diffusion-core';
import type { InverseProblem } from '../problems/types';
import { innerLoop, type Descended, type InnerLoop, type SurrogateOptions } from './inner-loop';

/** As {@link SurrogateOptions}, and what is told of each level. */
export interface StslControlOptions extends SurrogateOptions {
  /** Called after each level's inner loop with its time and the squared residuals [B] before the last step. */
  readonly onLevel?: (level: { readonly t: number; readonly residuals: Float64Array }) => void;
}

/**
 * STSL as a control of diffusion-core's sampler: after each step, K gradient steps on the surrogate loss at the new level.
 * It composes with other controls, such as bounds on the estimate. The level that sampling starts from has no step before
 * it: `stslSample` begins with an inner loop there.
 *
 * @example
 * const control = await stsl(problem, { eta: 0.02 });
 * await sample(problem.denoiser, { schedule, init, key, controls: [clampEstimate({ low: -3, high: 3 }), control] });
 */
export async function stsl<X>(
  problem: InverseProblem<X>,
  { onLevel, ...options }: StslControlOptions = {},
): Promise<Control<X>> {
  const { space } = problem.denoiser;
  return descendingControl(await innerLoop(problem, options), ({ t, residuals, noise }) => {
    if (noise !== undefined) space.dispose(noise);
    if (residuals) onLevel?.({ t, residuals });
  });
}

/** The control of an inner loop; `after` takes over the noise estimate. */
export function descendingControl<X>(
  descend: InnerLoop<X>,
  after: (descended: Descended<X> & { readonly t: number }) => void,
): Control<X> {
  return {
    name: 'stsl',
    async state(xNext, { tNext: t, key, condition, signal }) {
      // At t = 0 the state is the clean latent: no score is left to descend with.
      if (t === 0) return xNext;
      const descended = await descend(xNext, { t, key, condition, signal });
      after({ ...descended, t });
      return descended.z;
    },
  };
}
