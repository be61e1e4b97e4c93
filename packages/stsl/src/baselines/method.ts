import { foldIn, type Key } from '@lab/tensor-core/random';
import {
  ddim,
  sample,
  type Control,
  type Denoiser,
  type SampleOptions,
  type Solver,
} from '@lab/diffusion-core';
import { counting } from '../counting';
import type { GuidancePoint, GuidanceTerms, InverseProblem } from '../problems/types';
import { initialState, type Init } from '../stsl/initial-state';
import type { LatentResult } from '../stsl/stsl-sample';

/** What a method makes of a problem for one run. */
export interface PreparedMethod<X> {
  readonly denoiser: Denoiser<X>;
  readonly controls: readonly Control<X>[];
  readonly solver?: Solver;
  /** Frees what the run kept. */
  dispose?(): void;
}

/** A way of sampling latents that agree with a measurement. */
export interface RestorationMethod {
  readonly name: string;
  prepare<X>(problem: InverseProblem<X>): PreparedMethod<X>;
}

export interface RunMethodOptions<X> extends Pick<
  SampleOptions<X>,
  'steps' | 'times' | 'condition' | 'signal' | 'onStep'
> {
  /** @default 'noise' */
  readonly init?: Init | { readonly state: X };
  /** Replaces the method's solver, which is deterministic DDIM unless the method says otherwise. */
  readonly solver?: Solver;
  /** Further controls, acting after the method's. @default [] */
  readonly controls?: readonly Control<X>[];
  readonly key: Key;
}

/**
 * Runs one method on one problem. The latents are the caller's.
 *
 * @example
 * const { latents, stats } = await runMethod(problem, psld(), { steps: 1000, init: 'qSample', key: key(0) });
 */
export async function runMethod<X>(
  original: InverseProblem<X>,
  method: RestorationMethod,
  options: RunMethodOptions<X>,
): Promise<LatentResult<X>> {
  const begun = performance.now();
  const { key, condition, signal, init = 'noise', controls = [] } = options;
  const { problem, counts } = counting(original);
  const { space } = problem.denoiser;
  const times = options.times ?? problem.schedule.times(options.steps ?? 50);
  const prepared = method.prepare(problem);
  let first: X | undefined;
  try {
    first =
      typeof init === 'object'
        ? space.combine([[1, init.state]])
        : await initialState(problem, { init, times, key: foldIn(key, 0), condition, signal });
    const { samples } = await sample(prepared.denoiser, {
      schedule: problem.schedule,
      solver: options.solver ?? prepared.solver ?? ddim(),
      times,
      init: first,
      key: foldIn(key, 2),
      condition,
      controls: [...prepared.controls, ...controls],
      signal,
      onStep: options.onStep,
    });
    return {
      latents: samples,
      stats: {
        nfePaper: counts.evaluations,
        scoreEvaluations: counts.evaluations,
        seconds: (performance.now() - begun) / 1000,
      },
    };
  } finally {
    prepared.dispose?.();
    if (first !== undefined) space.dispose(first);
  }
}

/**
 * Subtracts a guidance gradient, taken at the state before the step, from the state after it. The gradient comes from the
 * evaluation that the step is made of, so guidance asks for no further score.
 *
 * @param conditionAt what the denoiser is told at a state; the run's condition unless given
 */
export function guidedBy<X>(
  problem: InverseProblem<X>,
  terms: GuidanceTerms<X>,
  conditionAt: (x: X, point: GuidancePoint) => unknown = (_, { condition }) => condition,
): PreparedMethod<X> {
  const { space } = problem.denoiser;
  let held: { readonly at: X; readonly gradient: X } | undefined;
  const gradientAt = async (x: X, { t, condition }: GuidancePoint): Promise<X> => {
    dispose();
    const told = await conditionAt(x, { t, condition });
    const { gradient, noise } = await problem.gradient(x, terms, { t, condition: told });
    held = { at: x, gradient };
    return noise;
  };
  const dispose = (): void => {
    if (held) space.dispose(held.gradient);
    held = undefined;
  };
  return {
    dispose,
    denoiser: {
      predicts: 'epsilon',
      space,
      predict: (x, t, condition) => gradientAt(x, { t, condition }),
    },
    controls: [
      {
        name: 'guidance',
        async state(xNext, { x, t, condition }) {
          // A solver of several evaluations a step has asked elsewhere since.
          if (held?.at !== x) space.dispose(await gradientAt(x, { t, condition }));
          return space.combine([
            [1, xNext],
            [-1, held!.gradient],
          ]);
        },
      },
    ],
  };
}
