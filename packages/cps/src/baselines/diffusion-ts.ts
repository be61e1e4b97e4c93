import { foldIn, normal } from '@lab/tensor-core/random';
import { ddim, type Control, type Step } from '@lab/diffusion-core';
import { estimate } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { MeanPullback } from './mean-pullback';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';

export interface DiffusionTsOptions {
  /** [D] 1 where the value is given, else 0; all samples have the same entries given. */
  readonly mask: ArrayLike<number>;
  /** [B, L, K] or [B, D] values; only those under the mask are looked at. */
  readonly values: Array64;
  readonly pullback: MeanPullback;
  /** Adagrad step size. @default 0.05 */
  readonly stepSize?: number;
  /** Weight of staying near the step's mean. @default 0.01 */
  readonly coefficient?: number;
  /** @default 1, as published (DDPM's noise) */
  readonly eta?: number;
}

/**
 * Conditional sampling of Diffusion-TS (Yuan & Qiao 2024), for given entries alone: after each step k Adagrad steps on
 * `coefficient |mean - z|^2 / sigma + |x0(z)[mask] - y|^2 / sigma`, then the given entries are overwritten by the noised
 * target (the clean one at the end). Other constraints are not seen by it.
 */
export function diffusionTs(options: DiffusionTsOptions): SeriesMethod {
  const { eta = 1 } = options;
  return {
    name: 'diffusion-ts',
    run: (problem, run) => {
      const expected = problem.batch * options.mask.length;
      if (options.values.data.length !== expected)
        throw new LabError('shape', 'diffusionTs: values are [batch, D] for a mask of [D]', {
          expected: [expected],
          received: [options.values.data.length],
        });
      return runControls(problem, run, { solver: ddim({ eta }), controls: [infill(options)] });
    },
  };
}

function infill({
  mask,
  values,
  pullback,
  stepSize = 0.05,
  coefficient = 0.01,
}: DiffusionTsOptions): Control<Array64> {
  const size = mask.length;
  const isGiven = (i: number): boolean => mask[i % size] === 1;
  return {
    name: 'diffusion-ts',
    async state(xNext, step) {
      const { tNext, alphaNext, sigmaNext, schedule, denoiser, condition, context, key } = step;
      let z: Array64 = { shape: xNext.shape, data: Float64Array.from(xNext.data) };
      const squares = new Float64Array(z.data.length);
      const { count, rate } = inner(step);
      for (let k = 0; k < count && sigmaNext > 0; k++) {
        const { x0 } = await estimate(denoiser, z, { t: tNext, schedule, condition, ...context });
        const error = x0.data.map((value, i) => (isGiven(i) ? 2 * (value - values.data[i]!) : 0));
        const pulled = await pullback({ shape: z.shape, data: error }, { x: z, t: tNext, condition });
        const stay = (2 * coefficient) / sigmaNext;
        z = {
          shape: z.shape,
          data: z.data.map((value, i) => {
            const gradient = stay * (value - xNext.data[i]!) + pulled.data[i]! / sigmaNext;
            squares[i]! += gradient * gradient;
            return value - (rate * stepSize * gradient) / (Math.sqrt(squares[i]!) + 1e-10);
          }),
        };
      }
      const xi = normal(foldIn(key, 1), z.data.length);
      const filled = z.data.map((value, i) =>
        isGiven(i) ? alphaNext * values.data[i]! + sigmaNext * xi[i]! : value,
      );
      return { shape: z.shape, data: filled };
    },
  };
}

/** The published numbers of inner steps: none near the data, three at half... more near the noise. */
function inner({ index, steps }: Pick<Step, 'index' | 'steps'>): { count: number; rate: number } {
  const level = (steps - index) / steps;
  if (level < 0.05) return { count: 0, rate: 0 };
  if (level > 0.9) return { count: 3, rate: 1 };
  if (level > 0.75) return { count: 2, rate: 0.5 };
  return { count: 1, rate: 0.25 };
}
