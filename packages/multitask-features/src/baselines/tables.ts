import { LabError } from '@lab/tensor-core/errors';
import { foldIn, type Key } from '@lab/tensor-core/random';
import { isSampler, isStream, labelledRows, type LabelledRows, type TaskSource } from '../data/task-data';
import { dimensionsOf } from '../pretrain/prepare-tasks';

export interface TableOptions {
  /** Where samplers draw from; tables of data draw nothing. */
  readonly key: Key;
  /** Samples drawn from each sampler. @default 20 dimensions */
  readonly samples?: number;
}

/** The labelled rows of every task: data as they are, samplers by one draw each. */
export function tablesOf(tasks: readonly TaskSource[], { key, samples }: TableOptions): LabelledRows[] {
  const n = samples ?? 20 * dimensionsOf(tasks);
  dimensionsOf(tasks);
  return tasks.map((task, t) => {
    if (isStream(task))
      throw new LabError('unsupported', 'the baselines take tables and samplers, no streams', {
        argument: `tasks[${t}]`,
        hint: 'read a table from it first',
      });
    const drawn = isSampler(task) ? task.draw(foldIn(key, t), n) : task;
    return labelledRows({ x: drawn.x, y: drawn.y, name: task.name ?? String(t) });
  });
}
