import { symmetricEigen, type Array64 } from '@lab/tensor-core/linalg64';
import { LabError } from '@lab/tensor-core/errors';
import { isTable, type LabelledRows, type TaskSource } from '../data/task-data';
import { meanOf } from '../pretrain/head-step';
import { firstMoment } from '../pretrain/diagnostics';
import { tablesOf, type TableOptions } from './tables';

/** Directions found by moments of the labelled rows; inputs are taken to be white. */
export interface MomentSubspace {
  /** Orthonormal columns [d, rank]. */
  readonly directions: Array64;
  /** All eigenvalues, largest first [d]. */
  readonly eigenvalues: Float64Array;
}

export interface MomentOptions extends TableOptions {
  readonly rank: number;
}

/**
 * Linear multi-task learning by the method of moments: top eigenvectors of (1/T) sum_t m_t m_t^T, m_t = mean of y x. For odd
 * tasks the span of our method; blind to tasks whose first moment is 0, such as parities.
 */
export function momentSubspace(tasks: readonly TaskSource[], options: MomentOptions): MomentSubspace {
  const d = sizeOf(tasks, options);
  const sum = new Float64Array(d * d);
  for (const rows of tablesOf(tasks, options)) addOuter(sum, firstMoment(rows), tasks.length);
  return topEigenvectors(sum, options.rank);
}

/**
 * The same with the second moments B_t = mean of (y - mean y)(x x^T - I): adds sum_t B_t^2, which sees parities of two signs.
 * A parity of k signs needs the k-th moment.
 */
export function secondMomentSubspace(tasks: readonly TaskSource[], options: MomentOptions): MomentSubspace {
  const d = sizeOf(tasks, options);
  const sum = new Float64Array(d * d);
  for (const rows of tablesOf(tasks, options)) {
    addOuter(sum, firstMoment(rows), tasks.length);
    const b = secondMoment(rows);
    // B_t is symmetric: its square is the sum of the outer products of its rows
    for (let k = 0; k < d; k++) addOuter(sum, b.subarray(k * d, (k + 1) * d), tasks.length);
  }
  return topEigenvectors(sum, options.rank);
}

function secondMoment({ x, y }: LabelledRows): Float64Array {
  const [n, d] = x.shape as [number, number];
  const mean = meanOf(y);
  const b = new Float64Array(d * d);
  for (let i = 0; i < n; i++) {
    const label = (y[i]! - mean) / n;
    for (let k = 0; k < d; k++) {
      const factor = label * x.data[i * d + k]!;
      for (let l = 0; l <= k; l++) b[k * d + l]! += factor * x.data[i * d + l]!;
    }
  }
  for (let k = 0; k < d; k++) for (let l = 0; l < k; l++) b[l * d + k] = b[k * d + l]!;
  return b;
}

function addOuter(sum: Float64Array, vector: Float64Array, tasks: number): void {
  const d = vector.length;
  for (let k = 0; k < d; k++)
    for (let l = 0; l < d; l++) sum[k * d + l]! += (vector[k]! * vector[l]!) / tasks;
}

function sizeOf(tasks: readonly TaskSource[], { rank }: MomentOptions): number {
  const first = tasks[0];
  const d = first === undefined ? 0 : isTable(first) ? first.x.shape[1]! : first.dimensions;
  if (tasks.length > 0 && Number.isInteger(rank) && rank >= 1 && rank <= d) return d;
  throw new LabError('argument', 'moments: there are no tasks, or the rank is not one of these features', {
    argument: tasks.length === 0 ? 'tasks' : 'rank',
    received: tasks.length === 0 ? '[]' : rank,
    expected: `1 to ${d}`,
  });
}

function topEigenvectors(sum: Float64Array, rank: number): MomentSubspace {
  const d = Math.sqrt(sum.length);
  const { values, vectors } = symmetricEigen({ shape: [d, d], data: sum });
  const directions = new Float64Array(d * rank);
  for (let k = 0; k < d; k++)
    for (let c = 0; c < rank; c++) directions[k * rank + c] = vectors.data[k * d + d - 1 - c]!;
  return { directions: { shape: [d, rank], data: directions }, eigenvalues: values.slice().reverse() };
}
