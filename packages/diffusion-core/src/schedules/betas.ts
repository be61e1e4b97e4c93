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
