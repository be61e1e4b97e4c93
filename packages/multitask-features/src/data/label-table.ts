import { LabError } from '@lab/tensor-core/errors';
import type { Samples } from './samples';
import type { TaskData } from './task-data';

/**
 * One task for each column of a label table, all over the same features.
 * @param labels [n, T], -1 and 1 or 0 and 1; NaN where a label is missing
 * @example
 * const tasks = labelColumns(x, { shape: [n, 3], data: labels }, { names: ['churn', 'defect', 'return'] });
 */
export function labelColumns(
  x: Samples,
  labels: Samples,
  { names }: { /** @default the column's number */ readonly names?: readonly string[] } = {},
): TaskData[] {
  const [n, columns] = labels.shape;
  if (n === undefined || columns === undefined || n !== x.shape[0])
    throw new LabError('shape', 'labelColumns: labels are a matrix with a row for each row of features', {
      argument: 'labels',
      received: labels.shape,
      expected: `[${x.shape[0] ?? 0}, T]`,
    });
  return Array.from({ length: columns }, (_, t) => ({
    x,
    y: Float64Array.from({ length: n }, (_row, i) => labels.data[i * columns + t]!),
    name: names?.[t] ?? String(t),
  }));
}

/**
 * A target with q classes as q one-against-the-rest tasks of weight 1/q. Beyond the paper. They are unbalanced by
 * construction: leave `centerLabels` on.
 */
export function oneVsRest(x: Samples, classes: ArrayLike<number>): TaskData[] {
  const kinds = [...new Set(Array.from(classes))].sort((a, b) => a - b);
  return kinds.map((kind) => ({
    x,
    y: Float64Array.from(classes, (each) => (each === kind ? 1 : -1)),
    weight: 1 / kinds.length,
    name: `class ${kind}`,
  }));
}
