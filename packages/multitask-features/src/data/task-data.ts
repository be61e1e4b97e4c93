import type { Key } from '@lab/tensor-core/random';
import { LabError } from '@lab/tensor-core/errors';
import { checkSamples, takeRows, type Samples } from './samples';
import { signLabels, standardTargets } from './labels';

/** One task's data. Tasks that share a table name the same `x` object: its activations are then computed once. */
export interface TaskData {
  /** Features [n, d]. */
  readonly x: Samples;
  /** Labels -1 and 1 or 0 and 1; NaN where this task has none. With squared loss, any real target. */
  readonly y: ArrayLike<number>;
  /** Weight of the task in the average, above 0. @default 1 */
  readonly weight?: number;
  /** What messages call it. @default its place in the list */
  readonly name?: string;
}

/** Draws fresh data of one task: what theory assumes, and what a simulator offers. */
export interface TaskSampler {
  /** Number of features d. */
  readonly dimensions: number;
  readonly weight?: number;
  readonly name?: string;
  draw(key: Key, n: number): { readonly x: Samples; readonly y: ArrayLike<number> };
}

/** Gives one task's rows in batches, over again in each of the two steps: for data that do not fit into memory. */
export interface TaskStream {
  /** Number of features d. */
  readonly dimensions: number;
  readonly weight?: number;
  readonly name?: string;
  /** The rows of one step; the two steps of a round should see different ones. Labels as in `TaskData`, binary ones. */
  batches(phase: 'head' | 'gradient', round: number): Iterable<LabelledBatch> | AsyncIterable<LabelledBatch>;
}

export interface LabelledBatch {
  /** [n, d] */
  readonly x: Samples;
  readonly y: ArrayLike<number>;
}

export type TaskSource = TaskData | TaskSampler | TaskStream;

export const isSampler = (task: TaskSource): task is TaskSampler => 'draw' in task;
export const isStream = (task: TaskSource): task is TaskStream => 'batches' in task;
export const isTable = (task: TaskSource): task is TaskData => 'x' in task;

/** Rows of one task that have a label, as -1 and 1 (or standardised targets). */
export interface LabelledRows {
  readonly x: Samples;
  readonly y: Float64Array;
}

/**
 * The labelled rows of a task. Rows without label are left out; the table itself is kept, not copied, when none is.
 * @throws LabError `shape`, `numeric` or `argument` naming the task
 */
export function labelledRows(
  { x, y, name }: { readonly x: Samples; readonly y: ArrayLike<number>; readonly name: string },
  { real = false }: { readonly real?: boolean } = {},
): LabelledRows {
  const { n } = checkSamples(x, `task ${name}`);
  if (y.length !== n)
    throw new LabError('shape', `task ${name}: there is not one label for each row`, {
      argument: 'y',
      received: y.length,
      expected: n,
    });
  const labels = real ? standardTargets(y) : signLabels(y, name);
  if (!labels.some(Number.isNaN)) return { x, y: labels };
  const known = Array.from(labels.keys()).filter((i) => !Number.isNaN(labels[i]));
  return { x: takeRows(x, known), y: Float64Array.from(known, (i) => labels[i]!) };
}

/** True when all labels are one and the same. */
export const isOneClass = (y: Float64Array): boolean => y.every((value) => value === y[0]);
