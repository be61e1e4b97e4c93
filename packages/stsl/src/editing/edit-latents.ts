import { foldIn, type Key } from '@lab/tensor-core/random';
import { sample, type Control, type Denoiser, type Schedule } from '@lab/diffusion-core';
import { invert } from '../stsl/initial-state';

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
   * What acts while the edit is sampled. STSL-CAT: `crossAttentionTuning({ measurement, content })`, the measurement's pull in
   * the first 30 of 50 steps, the content's afterwards.
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
