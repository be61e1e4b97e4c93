import { LabError } from '@lab/tensor-core/errors';
import {
  identity,
  inverse,
  matmul,
  symmetricEigen,
  transpose,
  type Array64,
} from '@lab/tensor-core/linalg64';
import { innerSolve } from './inner-solve';
import { mean, plus, zeros } from './matrix';
import { standardRetrainLinear } from './sample-retrain';
import { checkTargets } from './targets';
import type { Moments } from './tasks';

export interface InnerDescentOptions {
  /** Step size of the inner gradient descent, above 0 and below 2 over the largest eigenvalue of the covariances. @default 0.1 */
  readonly innerRate?: number;
  /** Inner steps, at least 1. @default 1 */
  readonly innerSteps?: number;
}

/**
 * MAML's minimiser for linear tasks, exactly: inner descent maps A to A M_t + B_t with M_t = (I - rate C_t)^steps, so that the
 * objective mean_t (1/2N) ||(A M_t + B_t) X_t - Y_t||^2 is quadratic in A and its second derivatives are in closed form.
 * Where all covariances are alike it is the base of standard retraining: unrolling alone does not help a low-rank change.
 *
 * @throws LabError as `checkTargets`; `argument` for settings out of range, `numeric` where the tasks do not determine A
 */
export function mamlLinear(tasks: readonly Moments[], options: InnerDescentOptions = {}): Array64 {
  const unrolled = unroll(tasks, options);
  const left = unrolled.map(({ map, offset }, t) =>
    matmul(plus(tasks[t]!.cross, matmul(offset, tasks[t]!.covariance), -1), map),
  );
  const right = unrolled.map(({ map }, t) => matmul(matmul(map, tasks[t]!.covariance), map));
  return matmul(mean(left), inverse(mean(right)));
}

/** Gradient of MAML's objective at a base, mean_t (A_t' C_t - S_t) M_t with A_t' where the inner descent ends: exact. */
export function mamlGradientLinear(
  base: Array64,
  tasks: readonly Moments[],
  options: InnerDescentOptions = {},
): Array64 {
  return mean(
    unroll(tasks, options).map(({ map, offset }, t) => {
      const { covariance, cross } = tasks[t]!;
      const adapted = plus(matmul(base, map), offset);
      return matmul(plus(matmul(adapted, covariance), cross, -1), map);
    }),
  );
}

/**
 * Where Reptile comes to rest on linear tasks, exactly: sum_t (A - A_t') = 0 with A_t' as in `mamlLinear`.
 *
 * @throws LabError as `mamlLinear`
 */
export function reptileLinear(tasks: readonly Moments[], options: InnerDescentOptions = {}): Array64 {
  const unrolled = unroll(tasks, options);
  const still = identity(tasks[0]!.covariance.shape[0]!);
  return matmul(
    mean(unrolled.map(({ offset }) => offset)),
    inverse(mean(unrolled.map(({ map }) => plus(still, map, -1)))),
  );
}

/**
 * Multi-task LoRA for linear tasks, exactly: the base plus the best change of this rank for all tasks at once (reduced-rank
 * regression: singular values cut off in the metric of the pooled inputs).
 *
 * @throws LabError as `checkTargets`; `numeric` when the pooled inputs do not span
 */
export function sharedAdapterLinear(
  base: Array64,
  tasks: readonly Moments[],
  { rank }: { readonly rank: number },
): Array64 {
  checkTargets([base, ...tasks.map(({ cross }) => cross)], { rank, adapter: 'asymmetric' });
  const root = squareRoot(mean(tasks.map(({ covariance }) => covariance)));
  const wanted = matmul(plus(standardRetrainLinear(tasks), base, -1), root);
  const { change } = innerSolve(wanted, { rank, adapter: 'asymmetric' });
  return plus(base, matmul(change, inverse(root)));
}

interface Unrolled {
  /** M_t. */
  readonly map: Array64;
  /** B_t. */
  readonly offset: Array64;
}

function unroll(
  tasks: readonly Moments[],
  { innerRate = 0.1, innerSteps = 1 }: InnerDescentOptions,
): Unrolled[] {
  checkTargets(
    tasks.map(({ cross }) => cross),
    { rank: 0, adapter: 'asymmetric' },
  );
  if (!(innerRate > 0 && Number.isInteger(innerSteps) && innerSteps >= 1))
    throw new LabError('argument', 'linear: innerRate is above 0 and innerSteps at least 1', {
      argument: 'innerRate, innerSteps',
      received: [innerRate, innerSteps],
    });
  return tasks.map(({ covariance, cross }) => {
    const still = identity(covariance.shape[0]!);
    const step = plus(still, covariance, -innerRate);
    let [map, offset] = [still, zeros(cross.shape)];
    for (let i = 0; i < innerSteps; i++)
      [map, offset] = [matmul(map, step), plus(matmul(offset, step), cross, innerRate)];
    return { map, offset };
  });
}

function squareRoot(covariance: Array64): Array64 {
  const { values, vectors } = symmetricEigen(covariance);
  const d = values.length;
  const scaled = {
    shape: vectors.shape,
    data: vectors.data.map((value, i) => value * Math.sqrt(Math.max(values[i % d]!, 0))),
  };
  return matmul(scaled, transpose(vectors));
}
