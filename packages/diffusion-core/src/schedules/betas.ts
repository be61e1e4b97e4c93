import { LabError } from '@lab/tensor-core/errors';

export interface BetaOptions {
  /** Number of noising steps. */
  readonly steps?: number;
  /** First beta, in (0, 1). */
  readonly start?: number;
  /** Last beta, in (0, 1). */
  readonly end?: number;
}

/** `count` numbers from `start` to `end`, both included. */
function linspace(start: number, end: number, count: number): Float64Array {
  if (!(Number.isInteger(count) && count > 0 && start > 0 && end < 1 && start <= end))
    throw new LabError('argument', 'betas need steps >= 1 and 0 < start <= end < 1', {
      received: { steps: count, start, end },
    });
  return Float64Array.from({ length: count }, (_, i) =>
    count === 1 ? start : start + ((end - start) * i) / (count - 1),
  );
}

/** DDPM's betas, linear from 1e-4 to 0.02 in 1000 steps (Ho et al. 2020, section 4). */
export function linearBetas({ steps = 1000, start = 1e-4, end = 0.02 }: BetaOptions = {}): Float64Array {
  return linspace(start, end, steps);
}

/**
 * Betas whose square roots are linear: CSDI's `quad` (50 steps, 1e-4 to 0.5; Tashiro et al. 2021), and Stable
 * Diffusion's `scaled_linear` (1000 steps, 0.00085 to 0.012).
 */
export function quadraticBetas({ steps = 50, start = 1e-4, end = 0.5 }: BetaOptions = {}): Float64Array {
  return linspace(Math.sqrt(start), Math.sqrt(end), steps).map((root) => root * root);
}

/**
 * Cumulative signal levels `[1, abar_1, ..., abar_N]`, `abar_i = prod_{j <= i} (1 - beta_j)`, for
 * `signalLevelSchedule`.
 */
export function signalLevels(betas: ArrayLike<number>): Float64Array {
  const levels = new Float64Array(betas.length + 1).fill(1);
  for (let i = 0; i < betas.length; i++) {
    const beta = betas[i]!;
    if (!(beta > 0 && beta < 1))
      throw new LabError('argument', `a beta lies strictly between 0 and 1; betas[${i}] does not`, {
        argument: 'betas',
        received: beta,
      });
    levels[i + 1] = levels[i]! * (1 - beta);
  }
  return levels;
}

export interface CosineLevelsOptions {
  /** Number of noising steps N. */
  readonly steps: number;
  /** Share of the quarter turn that is used, in (0, 1]; below 1 the last level stays above 0. @default 1 */
  readonly scale?: number;
}

/**
 * Cumulative signal levels `[1, abar_1, ..., abar_N]`, `abar_i = cos^2(scale i / N * pi / 2)`, for `signalLevelSchedule`:
 * the grid of `cosineSchedule({ offset: 0, scale })`.
 */
export function cosineLevels({ steps, scale = 1 }: CosineLevelsOptions): Float64Array {
  if (!(Number.isInteger(steps) && steps > 0 && scale > 0 && scale <= 1))
    throw new LabError('argument', 'cosineLevels needs steps >= 1 and scale in (0, 1]', {
      received: { steps, scale },
    });
  // cos(pi/2) is 6e-17 in floating point, not the 0 that the last level of a full turn means.
  return Float64Array.from({ length: steps + 1 }, (_, i) =>
    scale * i === steps ? 0 : Math.cos((scale * Math.PI * i) / (2 * steps)) ** 2,
  );
}
