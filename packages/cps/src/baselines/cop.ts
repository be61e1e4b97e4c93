import { LabError } from '@lab/tensor-core/errors';
import { randint } from '@lab/tensor-core/random';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Projector } from '../constraints/types';
import { assertConverged } from '../sampler/constrain';
import { runControls } from './run-controls';
import type { ConstrainedProblem, MethodOptions, MethodResult, SeriesMethod } from './types';

export interface RealismOptions {
  /**
   * The constraints together with a realism budget for series like `seeds` [B, L, K] (autocorrelations near the seeds',
   * say), ready to project. Where its projection does not converge the budget is given up.
   * @default the problem's own projector: no budget
   */
  readonly withRealism?: (seeds: Array64) => Projector;
}

export interface CopOptions extends RealismOptions {
  /** Real training series [n, L, K] in the model's coordinates. */
  readonly training: Array64;
}

/**
 * Constrained optimisation (COP, Coletta et al. 2023): no generator; each series is the nearest point to a real training
 * series, drawn at random, that satisfies the constraints and the realism budget.
 */
export function cop({ training, ...realism }: CopOptions): SeriesMethod {
  return {
    name: 'cop',
    async run({ projector, batch }, options) {
      const start = performance.now();
      const count = training.shape[0] ?? 0;
      const size = projector.shape[0] * projector.shape[1];
      if (count === 0 || training.data.length !== count * size || batch < 1)
        throw new LabError('shape', 'cop: training series and the constraints are of one shape', {
          expected: ['n', ...projector.shape],
          received: training.shape,
        });
      const chosen = randint(options.key, batch, { low: 0, high: count });
      const seeds = new Float64Array(batch * size);
      chosen.forEach((row, b) => seeds.set(training.data.subarray(row * size, (row + 1) * size), b * size));
      return nearest(
        projector,
        { seeds: { shape: [batch, ...projector.shape], data: seeds }, start, options },
        realism,
      );
    },
  };
}

/** COP fine-tuning: as `cop`, from a generator's free samples instead of real series. */
export function copFineTune(realism: RealismOptions = {}): SeriesMethod {
  return {
    name: 'cop-ft',
    async run(problem: ConstrainedProblem, options: MethodOptions) {
      const start = performance.now();
      const free = await runControls(problem, options);
      return nearest(
        problem.projector,
        { seeds: free.samples, start, options, modelCalls: free.modelCalls },
        realism,
      );
    },
  };
}

interface NearestFrom {
  readonly seeds: Array64;
  readonly start: number;
  readonly options: MethodOptions;
  readonly modelCalls?: number;
}

function nearest(
  projector: Projector,
  { seeds, start, options: { signal, onStep }, modelCalls = 0 }: NearestFrom,
  { withRealism }: RealismOptions,
): MethodResult {
  if (signal?.aborted)
    throw new LabError('aborted', 'cop was aborted by the caller', { cause: signal.reason });
  if (!seeds.data.every(Number.isFinite))
    throw new LabError('numeric', 'cop: a seed series is not finite', { argument: 'training' });
  const samples: Array64 = { shape: seeds.shape, data: Float64Array.from(seeds.data) };
  if (withRealism) withRealism(seeds).project(samples);
  // The user's constraints come last and alone: they hold in the end, the budget as far as it can.
  assertConverged(projector.project(samples));
  if (modelCalls === 0) onStep?.({ index: 0, steps: 1 });
  return {
    samples,
    violation: projector.violation(samples),
    modelCalls,
    seconds: (performance.now() - start) / 1000,
  };
}
