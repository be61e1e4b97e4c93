import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { sample, type Control, type Denoiser, type Schedule, type Step } from '@lab/diffusion-core';
import { invert } from './stsl/initial-state';

/** A control that acts in the first `count` steps of a run alone. */
export function duringSteps<X>(control: Control<X>, count: number): Control<X> {
  if (!(Number.isInteger(count) && count >= 0))
    throw new LabError('argument', 'duringSteps: count is a whole number', {
      argument: 'count',
      received: count,
    });
  return {
    ...control,
    ...(control.estimate && {
      estimate: (x0: X, step: Step<X>) => (step.index < count ? control.estimate!(x0, step) : x0),
    }),
    ...(control.state && {
      state: (xNext: X, step: Step<X>) => (step.index < count ? control.state!(xNext, step) : xNext),
    }),
  };
}

export interface EditOptions<X> {
  /** The denoiser of what the latent shows. */
  readonly source: Denoiser<X>;
  /** The denoiser of what it shall show: the same network with another condition, or another law. */
  readonly target: Denoiser<X>;
  readonly schedule: Schedule;
  /** @default 50 */
  readonly steps?: number;
  readonly times?: readonly number[];
  /** Passed to the source. */
  readonly sourceCondition?: unknown;
  /** Passed to the target and the controls. */
  readonly targetCondition?: unknown;
  /**
   * What acts while the edit is sampled. STSL-CAT: `duringSteps(stsl(problem of the target), 30)`, the measurement's pull in
   * the first 30 of 50 steps; in all of them it fights the edit.
   */
  readonly controls?: readonly Control<X>[];
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Edits a clean latent (of STSL, where the image was corrupted): inverted by DDIM under the source, sampled again under the
 * target. The result is the caller's.
 */
export async function editLatents<X>(
  clean: X,
  { source, target, schedule, steps = 50, controls = [], key, signal, ...rest }: EditOptions<X>,
): Promise<X> {
  const times = rest.times ?? schedule.times(steps);
  const noisy = await invert({ denoiser: source, schedule }, clean, {
    times,
    condition: rest.sourceCondition,
    signal,
  });
  try {
    const { samples } = await sample(target, {
      schedule,
      times,
      init: noisy,
      condition: rest.targetCondition,
      controls,
      key: foldIn(key, 0),
      signal,
    });
    return samples;
  } finally {
    source.space.dispose(noisy);
  }
}
