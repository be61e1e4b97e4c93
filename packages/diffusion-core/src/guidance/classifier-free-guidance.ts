import { LabError } from '@lab/tensor-core/errors';
import type { Denoiser } from '../types';
import { rescaled } from './rescale';

export interface GuidanceOptions<Condition> {
  /** Weight of the condition: 0 ignores it, 1 is the plain conditional model, above 1 strengthens it. */
  readonly scale: number;
  /** What the denoiser is given in the condition's place. @default undefined, no condition */
  readonly unconditional?: Condition | undefined;
  /**
   * Share in [0, 1] by which the result is brought back to the standard deviation of the conditional prediction, taken over
   * the whole batch (Lin et al. 2024, "Common Diffusion Noise Schedules and Sample Steps are Flawed", eq. 15 and 16).
   * @default 0
   */
  readonly rescale?: number;
}

/**
 * Classifier-free guidance (Ho & Salimans 2022, eq. 6, in the convention where 1 is no guidance):
 * `unconditional + scale (conditional - unconditional)`. Two model calls a step; one at scale 0 or 1.
 *
 * @example
 * const guided = classifierFreeGuidance(denoiser, { scale: 2 });
 */
export function classifierFreeGuidance<X, Condition>(
  denoiser: Denoiser<X, Condition>,
  { scale, unconditional, rescale = 0 }: GuidanceOptions<Condition>,
): Denoiser<X, Condition> {
  if (!(rescale >= 0 && rescale <= 1))
    throw new LabError('argument', 'rescale lies in [0, 1]', { argument: 'rescale', received: rescale });
  const { space, predicts } = denoiser;
  return {
    space,
    predicts,
    async predict(x, t, condition, context) {
      if (scale === 1) return denoiser.predict(x, t, condition, context);
      const without = await denoiser.predict(x, t, unconditional, context);
      if (scale === 0) return without;
      let withIt: X | undefined;
      try {
        withIt = await denoiser.predict(x, t, condition, context);
        const guided = space.combine([
          [scale, withIt],
          [1 - scale, without],
        ]);
        if (rescale === 0) return guided;
        try {
          return rescaled(space, guided, { like: withIt, share: rescale });
        } finally {
          space.dispose(guided);
        }
      } finally {
        space.dispose(without);
        if (withIt !== undefined && withIt !== without) space.dispose(withIt);
      }
    },
    dispose: () => denoiser.dispose?.(),
  };
}
