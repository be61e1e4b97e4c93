import { LabError } from '@lab/tensor-core/errors';
import { inverse, matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, normal64, type Key } from '@lab/tensor-core/random';
import { descendAdapter, descendFactors } from './descend-adapter';
import { mean, outer, plus, product, productOfTransposed, times, zeros } from './matrix';
import type { Moments } from './tasks';
import { checkTargets } from './targets';

export interface RetrainLinearOptions {
  /** k, rank of the symmetric adapters, at least 1. */
  readonly rank: number;
  readonly key: Key;
  /** Steps of the base. @default 3000 */
  readonly outerSteps?: number;
  /** Steps of every adapter before each step of the base. @default 10 */
  readonly innerSteps?: number;
  /** @default 0.003 */
  readonly innerRate?: number;
  /** @default 0.03 */
  readonly outerRate?: number;
  /** Deviation of the first factors. @default 0.1 */
  readonly scale?: number;
  /** First factors instead of random ones, one [d, k] a task. */
  readonly start?: readonly Array64[];
}

export interface RetrainedLinear {
  readonly base: Array64;
  readonly factors: readonly Array64[];
}

/**
 * LoRA-ML from finite samples by alternating descent on (1/2N) ||(A + U_t U_t^T) X_t - Y_t||_F^2 (section 3.2), from the samples'
 * second moments, so that their number does not matter after `momentsOf`.
 *
 * @throws LabError `shape` when the layers differ or are not square, `numeric` when the descent diverges
 */
export function retrainLinear(tasks: readonly Moments[], options: RetrainLinearOptions): RetrainedLinear {
  const { rank: k, key, outerSteps = 3000, innerSteps = 10 } = options;
  const { innerRate = 0.003, outerRate = 0.03, scale = 0.1 } = options;
  const { rows: d } = checkTargets(
    tasks.flatMap(({ covariance, cross }) => [covariance, cross]),
    { rank: k, adapter: 'symmetric' },
  );
  let base = zeros([d, d]);
  const factors = tasks.map(
    (_, t): Array64 =>
      options.start?.[t] ?? {
        shape: [d, k],
        data: normal64(foldIn(key, t), d * k).map((value) => scale * value),
      },
  );
  for (let step = 0; step < outerSteps; step++) {
    const gradients = tasks.map(({ covariance, cross }, t) => {
      const fixed = plus(product(base, covariance), cross, -1);
      const symmetric = plus(fixed, transpose(fixed));
      factors[t] = descendAdapter(factors[t]!, { symmetric, covariance, rate: innerRate, steps: innerSteps });
      return plus(fixed, outer(factors[t], product(covariance, factors[t])));
    });
    base = plus(base, mean(gradients), -outerRate);
    if (!Number.isFinite(base.data[0]))
      throw new LabError('numeric', `retrainLinear: diverged at step ${step + 1}`, {
        hint: 'lower innerRate and outerRate: they must be well below 1 over the largest eigenvalues of the tasks',
      });
  }
  return { base, factors };
}

/** Gradient of (1/2N) ||(A + U U^T) X - Y||^2 in U: (E + E^T) U with E = F + U U^T C, F = A C - S, in O(d^2 k). */
export function adapterDirection(fixed: Array64, covariance: Array64, u: Array64): Array64 {
  const moved = product(covariance, u);
  const forward = plus(product(fixed, u), product(u, productOfTransposed(moved, u)));
  const backward = plus(productOfTransposed(fixed, u), product(moved, productOfTransposed(u, u)));
  return plus(forward, backward);
}

/**
 * Standard retraining from finite samples: the least-squares layer of all tasks' samples pooled, each task weighted alike.
 *
 * @throws LabError `numeric` when the pooled inputs do not span
 */
export function standardRetrainLinear(tasks: readonly Moments[]): Array64 {
  const covariance = mean(tasks.map((each) => each.covariance));
  return matmul(mean(tasks.map(({ cross }) => cross)), inverse(covariance));
}

export interface FineTuneLinearOptions {
  /** Rank of the fresh adapter U V^T, at least 1. */
  readonly rank: number;
  readonly key: Key;
  /** @default 0.005 */
  readonly learningRate?: number;
  /** @default 1400 */
  readonly steps?: number;
  /** Deviation of the first factors. @default 0.1 */
  readonly scale?: number;
}

/**
 * Fine-tuning on a new task: the base is frozen and a fresh asymmetric adapter is trained, both factors in the same step
 * (section 3.2).
 *
 * @returns the adapted layer A + U V^T
 * @throws LabError `numeric` when the descent diverges
 */
export function fineTuneLinear(base: Array64, task: Moments, options: FineTuneLinearOptions): Array64 {
  const { rank: k, key, learningRate = 0.005, steps = 1400, scale = 0.1 } = options;
  const { rows, columns } = checkTargets([base, task.cross], { rank: k, adapter: 'asymmetric' });
  const draw = (part: number, side: number): Array64 =>
    times({ shape: [side, k], data: normal64(foldIn(key, part), side * k) }, scale);
  const fixed = plus(product(base, task.covariance), task.cross, -1);
  const [u, v] = descendFactors([draw(0, rows), draw(1, columns)], {
    fixed,
    covariance: task.covariance,
    rate: learningRate,
    steps,
  });
  if (!u.data.every(Number.isFinite) || !v.data.every(Number.isFinite))
    throw new LabError('numeric', 'fineTuneLinear: diverged', {
      argument: 'learningRate',
      received: learningRate,
      hint: 'take it below 1 / (largest eigenvalue of the inputs times the squared norm of the factors)',
    });
  return plus(base, outer(u, v));
}
