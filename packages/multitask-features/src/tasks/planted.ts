import { array64, matmul, qr, type Array64 } from '@lab/tensor-core/linalg64';
import { LabError } from '@lab/tensor-core/errors';
import { normal, normal64, split, type Key } from '@lab/tensor-core/random';
import type { Samples } from '../data/samples';
import type { TaskSampler } from '../data/task-data';
import type { Task } from './task';

/** Inputs x ~ N(0, I_d) whose labels depend on z = M^T x alone, M [d, r] with orthonormal columns (the paper's setting). */
export interface Planted {
  readonly dimensions: number;
  readonly rank: number;
  /** M [d, r]. */
  readonly projection: Array64;
}

/**
 * A planted r-dimensional projection, uniform among all of them.
 * @throws LabError `argument` when the rank is above the dimension
 */
export function planted(
  key: Key,
  { dimensions, rank }: { readonly dimensions: number; readonly rank: number },
): Planted {
  if (!(Number.isInteger(rank) && Number.isInteger(dimensions) && rank >= 1 && rank <= dimensions))
    throw new LabError('argument', 'planted: the rank is a whole number from 1 to the dimension', {
      argument: 'rank',
      received: rank,
      expected: `1 to ${dimensions}`,
    });
  const { q } = qr({ shape: [dimensions, rank], data: normal64(key, dimensions * rank) });
  return { dimensions, rank, projection: q };
}

/** n inputs x [n, d] in single precision. */
export function drawInputs(key: Key, { dimensions }: Planted, n: number): Samples {
  return { shape: [n, dimensions], data: normal(key, n * dimensions) };
}

/** z = M^T x for each row, [n, r]. */
export function hiddenFeatures({ projection }: Planted, x: Samples): Array64 {
  return matmul(array64(x.shape, x.data), projection);
}

/** Labels of a task for each row of x. */
export function labelsOf(problem: Planted, task: Task, x: Samples): Float64Array {
  const z = hiddenFeatures(problem, x);
  const { rank } = problem;
  return Float64Array.from({ length: x.shape[0]! }, (_, i) =>
    task.label(z.data.subarray(i * rank, (i + 1) * rank)),
  );
}

/** A task over planted inputs as a source of fresh data. */
export function taskSampler(problem: Planted, task: Task): TaskSampler {
  return {
    dimensions: problem.dimensions,
    name: task.name,
    draw: (key, n) => {
      const x = drawInputs(split(key)[0]!, problem, n);
      return { x, y: labelsOf(problem, task, x) };
    },
  };
}
