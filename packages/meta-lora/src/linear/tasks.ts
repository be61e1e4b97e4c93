import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { matmul, transpose } from '@lab/tensor-core/linalg64';
import { foldIn, normal64, type Key } from '@lab/tensor-core/random';
import { outer, plus, symmetricPart, times } from './matrix';

export interface LinearTasksOptions {
  /** d, the side of the layer. */
  readonly dimensions: number;
  /** T, retraining tasks; one more is drawn for the test. */
  readonly tasks: number;
  /** k, rank of each task's own part. */
  readonly rank: number;
}

/** Tasks A_t = A* + U_t* U_t*^T (section 2). */
export interface LinearTasks {
  /** A* [d, d], symmetric. */
  readonly shared: Array64;
  /** U_t* [d, k] of the retraining tasks, then of the test task. */
  readonly factors: readonly Array64[];
  /** A_1 ... A_T. */
  readonly targets: readonly Array64[];
  /** A_{T+1}. */
  readonly test: Array64;
  /** Whether k (T + 1) <= d, so that the tasks' column spaces can be independent. */
  readonly independent: boolean;
}

/** Tasks with these parts; the last factor is the test task's. */
export function linearTasks(shared: Array64, factors: readonly Array64[]): LinearTasks {
  const all = factors.map((factor) => plus(shared, outer(factor, factor)));
  const columns = factors.reduce((sum, { shape }) => sum + (shape[1] ?? 0), 0);
  return {
    shared,
    factors,
    targets: all.slice(0, -1),
    test: all.at(-1)!,
    independent: columns <= shared.shape[0]!,
  };
}

/**
 * Gaussian tasks: A* the symmetric part of a Gaussian matrix, U_t* Gaussian.
 *
 * @throws LabError `argument` when a count is below 1
 */
export function drawLinearTasks(
  key: Key,
  { dimensions: d, tasks, rank: k }: LinearTasksOptions,
): LinearTasks {
  if (![d, tasks, k].every((value) => Number.isInteger(value) && value >= 1))
    throw new LabError('argument', 'drawLinearTasks: dimensions, tasks and rank are counts of at least 1', {
      argument: 'dimensions, tasks, rank',
      received: [d, tasks, k],
    });
  const shared = symmetricPart({ shape: [d, d], data: normal64(foldIn(key, 0), d * d) });
  const factors = Array.from({ length: tasks + 1 }, (_, t) => ({
    shape: [d, k],
    data: normal64(foldIn(key, t + 1), d * k),
  }));
  return linearTasks(shared, factors);
}

/** Second moments of a task's samples: all that a linear learner needs of them. */
export interface Moments {
  /** X X^T / n [inputs, inputs]. */
  readonly covariance: Array64;
  /** Y X^T / n [outputs, inputs]. */
  readonly cross: Array64;
  /** Samples. */
  readonly samples: number;
}

/**
 * Moments of samples in columns: x [inputs, n], y [outputs, n].
 *
 * @throws LabError `shape` when x and y have not the same number of samples, or none
 */
export function momentsOf(x: Array64, y: Array64): Moments {
  const n = x.shape[1] ?? 0;
  if (n === 0 || y.shape[1] !== n)
    throw new LabError('shape', 'momentsOf: x and y have the same samples, at least one', {
      expected: 'x [inputs, n], y [outputs, n]',
      received: [x.shape, y.shape],
    });
  const xT = transpose(x);
  return {
    covariance: times(matmul(x, xT), 1 / n),
    cross: times(matmul(y, xT), 1 / n),
    samples: n,
  };
}

export interface LinearSamples {
  /** [inputs, n] */
  readonly x: Array64;
  /** [outputs, n] */
  readonly y: Array64;
}

/** Samples of one task: x ~ N(0, I), y = A x + noise z with z ~ N(0, I). */
export function drawLinearSamples(
  key: Key,
  target: Array64,
  { samples, noise }: { readonly samples: number; readonly noise: number },
): LinearSamples {
  const [outputs, inputs] = target.shape as [number, number];
  const x = { shape: [inputs, samples], data: normal64(foldIn(key, 0), inputs * samples) };
  const z = { shape: [outputs, samples], data: normal64(foldIn(key, 1), outputs * samples) };
  return { x, y: plus(matmul(target, x), z, noise) };
}
