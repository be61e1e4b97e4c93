import { LabError } from '@lab/tensor-core/errors';
import type { Control } from '../types';

export interface ClampOptions {
  /** Lowest value of a clean sample. */
  readonly low: number;
  /** Highest value of a clean sample. */
  readonly high: number;
  /** As in `Control`. @default 'keep' */
  readonly noise?: 'keep' | 'recompute';
}

/**
 * A control that limits the posterior mean to the range of the data. At small alpha a noise prediction's error is
 * multiplied by 1 / alpha; put this first, before a projection.
 *
 * @example
 * await sample(denoiser, { schedule, shape, key, controls: [clampEstimate({ low: -5, high: 5 })] });
 */
export function clampEstimate<X>({ low, high, noise = 'keep' }: ClampOptions): Control<X> {
  if (!(low < high))
    throw new LabError('argument', 'clampEstimate needs low < high', { received: { low, high } });
  return {
    name: 'clamp',
    noise,
    estimate: (x0, { denoiser }) => denoiser.space.clamp(x0, low, high),
  };
}
