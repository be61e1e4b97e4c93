import type { Denoiser } from '@lab/diffusion-core';
import { editFlow, type EditFlowOptions, type EditFlowResult } from '../edit-flow';
import type { Inversion } from '../invert-flow';

/** One setting of a sweep and what it gave; the image is the caller's. */
export interface SweepPoint<X> extends EditFlowResult<X> {
  readonly eta: number;
  readonly stop: number;
}

/**
 * Edits one inversion at every pair of strength and stopping step, to choose from. All images are the caller's to dispose;
 * after a throw they are freed.
 *
 * @example
 * const points = await sweepEdit(denoiser, inversion, { etas: [0.7, 0.9, 1], stops: [4, 7, 10], condition });
 */
export async function sweepEdit<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  inversion: Inversion<X>,
  {
    etas,
    stops,
    ...options
  }: Omit<EditFlowOptions<X, Condition>, 'eta'> & {
    readonly etas: readonly number[];
    readonly stops: readonly number[];
  },
): Promise<SweepPoint<X>[]> {
  const points: SweepPoint<X>[] = [];
  try {
    for (const eta of etas)
      for (const stop of stops) {
        const result = await editFlow(denoiser, inversion, {
          ...options,
          eta: { kind: 'constant', value: eta, stop },
        });
        points.push({ eta, stop, ...result });
      }
    return points;
  } catch (error) {
    for (const { image } of points) denoiser.space.dispose(image);
    throw error;
  }
}
