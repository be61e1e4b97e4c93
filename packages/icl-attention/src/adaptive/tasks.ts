import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Kernel } from '../attention/unit';
import { applyTransform, normalizeRows, standardize, type RowTransform } from './standardize';

/** One small data set. */
export interface Task {
  /** [rows, d] */
  readonly x: Array64;
  /** [rows] */
  readonly y: ArrayLike<number>;
}

export interface PreparedTasks {
  /** Scaled copies. */
  readonly prepared: readonly Task[];
  readonly scaling: RowTransform;
  /** Rows of the longest task. */
  readonly rows: number;
}

/**
 * Checks tasks, and scales their features by pooled mean and standard deviation. Labels stay as they are: attention weights sum
 * to 1, so taking a task's mean off and putting it back changes nothing.
 *
 * @throws LabError `argument` for fewer than two tasks or rows or a constant feature, `shape` when tasks differ in their
 * features, `numeric` for NaN
 */
export function preparedTasks(
  tasks: readonly Task[],
  { kernel, names }: { kernel: Kernel; names?: readonly string[] },
): PreparedTasks {
  if (tasks.length < 2)
    throw new LabError('argument', 'fitTasks: it takes two tasks or more', {
      argument: 'tasks',
      received: tasks.length,
      hint: 'one data set alone has no family to learn from: use leaveOneOutRegressor',
    });
  const dimension = tasks[0]!.x.shape[1];
  tasks.forEach(({ x, y }, t) => {
    if (x.shape.length !== 2 || x.shape[1] !== dimension || x.shape[0] !== y.length)
      throw new LabError('shape', `fitTasks: task ${t} does not fit the first one, or its labels`, {
        argument: `tasks[${t}]`,
        expected: { x: ['rows', dimension], y: 'one a row' },
        received: { x: x.shape, y: y.length },
      });
    if (y.length < 2)
      throw new LabError('argument', `fitTasks: task ${t} has fewer than two rows`, {
        argument: `tasks[${t}]`,
        received: y.length,
        hint: 'leaving one row out must leave one',
      });
    for (let i = 0; i < y.length; i++)
      if (!Number.isFinite(y[i]))
        throw new LabError('numeric', `fitTasks: a label of task ${t} is not finite`, {
          argument: `tasks[${t}].y`,
          received: `${String(y[i])} in row ${i}`,
        });
  });
  const total = tasks.reduce((sum, { y }) => sum + y.length, 0);
  const pooled = new Float64Array(total * dimension!);
  let at = 0;
  for (const { x } of tasks) {
    pooled.set(x.data, at);
    at += x.data.length;
  }
  const scaling = standardize({ shape: [total, dimension!], data: pooled }, { ...(names && { names }) });
  const prepared = tasks.map(({ x, y }) => {
    const scaled = applyTransform(x, scaling);
    return { x: kernel === 'dot' ? normalizeRows(scaled) : scaled, y: Float64Array.from(y) };
  });
  return { prepared, scaling, rows: Math.max(...tasks.map(({ y }) => y.length)) };
}
