import { foldIn, type Key } from '@lab/tensor-core/random';
import { LabError } from '@lab/tensor-core/errors';
import { estimate } from '@lab/diffusion-core';
import type { InverseProblem } from '../problems/types';

/** Where sampling starts: the encoded measurement carried to the noisiest level by DDIM or by noise, or noise alone. */
export type Init = 'ddimForward' | 'qSample' | 'noise';

export interface InitialStateOptions {
  /** @default 'ddimForward' */
  readonly init?: Init;
  /** The sampling grid, falling to 0. */
  readonly times: readonly number[];
  readonly key: Key;
  readonly condition?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** Algorithm 1, steps 1 and 2. A new state at `times[0]`. */
export async function initialState<X>(
  problem: InverseProblem<X>,
  { init = 'ddimForward', times, key, condition, signal }: InitialStateOptions,
): Promise<X> {
  const { space } = problem.denoiser;
  if (init === 'noise') return space.normal(foldIn(key, 0), problem.shape);
  const encoded = problem.start();
  try {
    if (init === 'qSample') {
      const noise = space.normal(foldIn(key, 0), problem.shape);
      const [alpha, sigma] = [problem.schedule.alpha(times[0]!), problem.schedule.sigma(times[0]!)];
      try {
        return space.combine([
          [alpha, encoded],
          [sigma, noise],
        ]);
      } finally {
        space.dispose(noise);
      }
    }
    return await invert(problem, encoded, { times, condition, signal });
  } finally {
    space.dispose(encoded);
  }
}

export interface InvertOptions<X> extends Pick<InitialStateOptions, 'times' | 'signal'> {
  readonly condition?: unknown;
  /** Called with the state at each time but 0, rising; the states are freed afterwards. */
  readonly onState?: (z: X, t: number) => void;
}

/**
 * DDIM run backwards: from a clean latent to the noisiest level of a grid. Each step takes the noise estimate at the time
 * it starts from, so it inverts sampling to first order. The step out of t = 0, where no noise is defined, asks at the
 * first noisy time. A new state.
 */
export async function invert<X>(
  { denoiser, schedule }: Pick<InverseProblem<X>, 'denoiser' | 'schedule'>,
  clean: X,
  { times, condition, signal, onState }: InvertOptions<X>,
): Promise<X> {
  const { space } = denoiser;
  const rising = [...times].reverse();
  let z = space.combine([[1, clean]]);
  try {
    for (let i = 0; i + 1 < rising.length; i++) {
      if (signal?.aborted)
        throw new LabError('aborted', 'the inversion was aborted by the caller', { cause: signal.reason });
      const [from, to] = [rising[i]!, rising[i + 1]!];
      const asked = from === 0 ? to : from;
      const { x0, noise } = await estimate(denoiser, z, { t: asked, schedule, condition });
      const next =
        from === 0
          ? space.combine([
              [schedule.alpha(to), z],
              [schedule.sigma(to), noise],
            ])
          : space.combine([
              [schedule.alpha(to), x0],
              [schedule.sigma(to), noise],
            ]);
      for (const each of [x0, noise, z]) space.dispose(each);
      z = next;
      onState?.(z, to);
    }
    return z;
  } catch (error) {
    space.dispose(z);
    throw error;
  }
}
