import { svd, type Array64 } from '@lab/tensor-core/linalg64';
import { LabError } from '@lab/tensor-core/errors';
import { mean } from './matrix';
import { checkTargets } from './targets';

/** Standard retraining with infinite samples: the minimiser of sum_t ||A_t - A||^2, the mean of the tasks. */
export function standardSolution(targets: readonly Array64[]): Array64 {
  checkTargets(targets, { rank: 0, adapter: 'asymmetric' });
  return mean(targets);
}

/** The least 1/2 ||D - E||_F^2 over adapters E of this rank: half the squared singular values past the first `rank`. */
export function testFloor(residual: Array64, rank: number): number {
  return svd(residual)
    .s.slice(rank)
    .reduce((sum, value) => sum + 0.5 * value ** 2, 0);
}

export interface RequiredRankOptions {
  /** k, rank of the tasks' own parts. */
  readonly rank: number;
  /** T, retraining tasks. */
  readonly tasks: number;
  readonly method: 'standard' | 'meta';
  /** Rank of the adapters in retraining, at least `rank`. @default rank */
  readonly retrainRank?: number;
}

/**
 * The rank with which a fine-tuned adapter fits any new task exactly: k (T + 1) after standard retraining (theorem 1); after
 * LoRA-ML k with three tasks and more, 3k with two (theorems 2 and 3), and with adapters of rank r > k at most T (r - k) / (T - 2) more.
 *
 * @throws LabError `argument` for counts below 1, or one task alone for LoRA-ML, which identifies nothing
 */
export function requiredRank({ rank: k, tasks: T, method, retrainRank: r = k }: RequiredRankOptions): number {
  if (![k, T, r].every((value) => Number.isInteger(value) && value >= 1) || r < k)
    throw new LabError('argument', 'requiredRank: rank and tasks are at least 1, retrainRank at least rank', {
      received: { rank: k, tasks: T, retrainRank: r },
    });
  if (method === 'standard') return k * (T + 1);
  if (T === 1)
    throw new LabError('argument', 'requiredRank: one task does not identify a base', {
      argument: 'tasks',
      received: 1,
    });
  const any = 2 * k + r;
  return T === 2 ? any : Math.min(any, k + Math.floor((T * (r - k)) / (T - 2)));
}

/** Degrees of freedom of a rank-r change of a layer: r (outputs + inputs - r). */
export const changeParameters = (rank: number, [outputs, inputs]: readonly [number, number]): number =>
  rank * (outputs + inputs - rank);

/** Expected excess risk per unit input covariance of fitting such a change to n samples with this noise. */
export const expectedRisk = (
  rank: number,
  layer: readonly [number, number],
  { samples, noise }: { readonly samples: number; readonly noise: number },
): number => (noise ** 2 * changeParameters(rank, layer)) / samples;
