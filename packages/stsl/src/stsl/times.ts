import { LabError } from '@lab/tensor-core/errors';

export interface TrainedTimesOptions {
  /** Sampling steps, 1 to `trained`. */
  readonly steps: number;
  /** Steps that the model was trained with. @default 1000 */
  readonly trained?: number;
  /** Added to each trained step, where there is one as high; the latent diffusion code has 1. @default 0 */
  readonly offset?: 0 | 1;
}

/**
 * The grid of the latent diffusion code for `signalLevelSchedule`: trained steps `i trained / steps + offset`, rounded,
 * from the noisiest down, and then 0: always `steps` different ones. Trained step j (from 0) is time `(j + 1) / trained`.
 *
 * @throws LabError `argument` for steps or an offset that there are not
 */
export function trainedTimes({ steps, trained = 1000, offset = 0 }: TrainedTimesOptions): number[] {
  if (!(Number.isInteger(steps) && steps >= 1 && steps <= trained))
    throw new LabError('argument', 'trainedTimes: steps is a whole number from 1 to the trained steps', {
      argument: 'steps',
      received: steps,
      expected: `1 to ${trained}`,
    });
  if (![0, 1].includes(offset))
    throw new LabError('argument', 'trainedTimes: offset is 0 or 1', {
      argument: 'offset',
      received: offset,
    });
  // Where the offset has no room, at the end of a grid of nearly all steps, what is above moves down by one.
  const at = Array.from({ length: steps }, (_, i) =>
    Math.min(Math.round((i * trained) / steps) + offset, trained - steps + i),
  );
  return at
    .reverse()
    .map((j) => (j + 1) / trained)
    .concat(0);
}
