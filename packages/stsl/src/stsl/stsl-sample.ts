import { foldIn, type Key } from '@lab/tensor-core/random';
import { ddim, sample, type Control, type SampleOptions } from '@lab/diffusion-core';
import { counting } from '../counting';
import type { InverseProblem } from '../problems/types';
import { innerLoop, type Descended, type SurrogateOptions } from './inner-loop';
import { initialState, type Init } from './initial-state';
import { reusingNoise } from './reusing-noise';
import { descendingControl, type StslControlOptions } from './stsl';

export interface StslOptions<X> extends SurrogateOptions, Pick<StslControlOptions, 'onLevel'> {
  /** @default 50 */
  readonly steps?: number;
  /** The grid itself, falling from the noisiest time to 0; replaces `steps`. */
  readonly times?: readonly number[];
  /** A state to start from, or how it is made of the measurement. @default 'ddimForward' */
  readonly init?: Init | { readonly state: X };
  /** DDIM's share of fresh noise. @default 0 */
  readonly ddimEta?: number;
  /**
   * Whether the sampler takes the noise estimate of the last inner step instead of asking anew: the paper's 250
   * evaluations. The estimate then lags one inner step behind. @default false
   */
  readonly reuseScore?: boolean;
  /** Signal level abar at which the last step ends; the latent diffusion code ends at its first trained level. @default 1 */
  readonly finalLevel?: number;
  /** Further controls, acting before STSL. @default [] */
  readonly controls?: readonly Control<X>[];
  readonly condition?: unknown;
  /** All randomness of the run. */
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: SampleOptions<X>['onStep'];
}

/** What a run cost. */
export interface RunStats {
  /** As the paper counts: one for each inner step. */
  readonly nfePaper: number;
  /** States whose score was asked for, for each example; a probe is one more. */
  readonly scoreEvaluations: number;
  readonly seconds: number;
}

export interface LatentResult<X> {
  /** Clean latents [B, ...], the caller's. */
  readonly latents: X;
  readonly stats: RunStats;
}

/**
 * STSL (Algorithm 1) in the latent space of any problem: start from the encoded measurement, and at each level K steps on the
 * surrogate loss before one DDIM step.
 *
 * @throws LabError `argument`, `numeric`, `aborted`
 */
export async function stslSample<X>(
  original: InverseProblem<X>,
  options: StslOptions<X>,
): Promise<LatentResult<X>> {
  const begun = performance.now();
  const { steps = 50, key, condition, signal, controls = [], ddimEta = 0, finalLevel = 1, init } = options;
  const { problem, counts } = counting(original);
  const { denoiser, schedule } = problem;
  const { space } = denoiser;
  const times = options.times ?? schedule.times(steps);
  const memory = reusingNoise(denoiser, schedule, options.reuseScore ?? false);
  const descend = await innerLoop(problem, options);
  const after = ({ t, z, residuals, noise }: Descended<X> & { readonly t: number }): void => {
    memory.remember(z, noise);
    if (residuals) options.onLevel?.({ t, residuals });
  };
  let first: X | undefined;
  try {
    first =
      typeof init === 'object'
        ? space.combine([[1, init.state]])
        : await initialState(problem, {
            init: init ?? 'ddimForward',
            times,
            key: foldIn(key, 0),
            condition,
            signal,
          });
    // Algorithm 1 descends at the noisiest level too, before any step.
    const begin = await descend(first, { t: times[0]!, key: foldIn(key, 1), condition, signal });
    if (begin.z !== first) space.dispose(first);
    first = begin.z;
    after({ ...begin, t: times[0]! });
    const { samples } = await sample(memory.denoiser, {
      schedule,
      times,
      init: first,
      solver: ddim({ eta: ddimEta }),
      key: foldIn(key, 2),
      condition,
      controls: [
        ...controls,
        descendingControl(descend, after),
        ...(finalLevel < 1 ? [endAt<X>(finalLevel)] : []),
      ],
      signal,
      onStep: options.onStep,
    });
    return {
      latents: samples,
      stats: {
        nfePaper: (options.inner ?? 5) * (times.length - 1),
        scoreEvaluations: counts.evaluations,
        seconds: (performance.now() - begun) / 1000,
      },
    };
  } finally {
    memory.forget();
    if (first !== undefined) space.dispose(first);
  }
}

/** Ends sampling at a signal level below 1, as code that has no level 1 does. */
export function endAt<X>(level: number): Control<X> {
  return {
    name: 'end-at',
    state: (xNext, { tNext, estimate, denoiser }) =>
      tNext === 0
        ? denoiser.space.combine([
            [Math.sqrt(level), estimate.x0],
            [Math.sqrt(1 - level), estimate.noise],
          ])
        : xNext,
  };
}
