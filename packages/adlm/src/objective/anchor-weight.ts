import { LabError } from '@lab/tensor-core/errors';

export interface AnchorWeightOptions {
  /** The weight at the end of the ramp, at least 0. @default 3e-3 */
  readonly gamma?: number;
  /** What the weight gains over a whole training, above 0. @default 1 */
  readonly slope?: number;
}

/**
 * The weight of the anchor loss at a point of the training, `min(gamma, progress slope)`: the full weight is reached after
 * a small share of it.
 *
 * @param progress steps done over steps in all, in [0, 1]
 * @example
 * anchorWeight(1000 / 1e6); // 1e-3
 */
export function anchorWeight(
  progress: number,
  { gamma = 3e-3, slope = 1 }: AnchorWeightOptions = {},
): number {
  if (!(gamma >= 0 && slope > 0 && Number.isFinite(gamma)))
    throw new LabError('argument', 'the weight of the anchor loss is at least 0, its slope above 0', {
      argument: 'gamma, slope',
      received: { gamma, slope },
    });
  if (gamma > 0 && !(progress >= 0 && progress <= 1))
    throw new LabError('argument', 'the ramp of gamma needs the progress of the training in [0, 1]', {
      argument: 'progress',
      received: progress,
      hint: 'give step / steps, or gamma: 0',
    });
  return gamma === 0 ? 0 : Math.min(gamma, progress * slope);
}
