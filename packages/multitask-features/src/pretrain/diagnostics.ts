import { matmul, symmetricEigen, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import type { LabelledRows } from '../data/task-data';
import { meanOf } from './head-step';

/** m_t = (1/n) sum_i (y_i - mean y)(x_i - mean x), [d]: the first Hermite moment of a task, seen through its samples. */
export function firstMoment({ x, y }: LabelledRows): Float64Array {
  const [n, d] = x.shape as [number, number];
  const mean = meanOf(y);
  const moment = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    // centring y alone centres the product: sum (y - mean y) mean x = 0
    const label = (y[i]! - mean) / n;
    for (let k = 0; k < d; k++) moment[k]! += label * x.data[i * d + k]!;
  }
  return moment;
}

/** exp of the entropy of the normalised eigenvalues of a Gram matrix: how many directions it has, softly counted. */
export function effectiveRank(gram: Array64): number {
  const values = symmetricEigen(gram).values.map((value) => Math.max(0, value));
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 0;
  return Math.exp(
    values.reduce((sum, value) => (value > 0 ? sum - (value / total) * Math.log(value / total) : sum), 0),
  );
}

/** Effective rank of the moments of all tasks. */
export function momentDiversity(moments: readonly Float64Array[]): number {
  const d = moments[0]!.length;
  const rows = { shape: [moments.length, d], data: new Float64Array(moments.length * d) };
  moments.forEach((moment, t) => rows.data.set(moment, t * d));
  return effectiveRank(matmul(rows, transpose(rows)));
}

/** Effective rank of Y^T Y / n, when all tasks have the same rows; undefined otherwise. */
export function labelDiversity(tasks: readonly LabelledRows[]): number | undefined {
  const first = tasks[0]!;
  if (!tasks.every(({ x }) => x === first.x)) return undefined;
  const n = first.y.length;
  const y = { shape: [tasks.length, n], data: new Float64Array(tasks.length * n) };
  tasks.forEach((task, t) => y.data.set(task.y, t * n));
  return effectiveRank(matmul(y, transpose(y)));
}
