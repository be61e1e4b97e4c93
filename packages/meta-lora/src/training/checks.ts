import type { Key } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { RetrainOptions } from './report';
import type { Task } from './tasks';

/** The task that a batch is of. */
export function taskOf<Params, Batch>(
  tasks: readonly Task<Params, Batch>[],
  batches: readonly (readonly Batch[])[],
  batch: Batch,
): string {
  return tasks[batches.findIndex((own) => own.includes(batch))]?.id ?? 'unknown';
}

export function notFinite(caller: string, task: string, step: number, loss: number): LabError {
  return new LabError('numeric', `${caller}: the loss of task ${task} at step ${step} is ${loss}`, {
    argument: 'loss',
    received: String(loss),
    hint: 'lower the learning rate, clip the gradients, or look at this task for NaN',
  });
}

/** Refuses settings that cannot be trained with. */
export function validate<Params, Batch>(
  options: RetrainOptions<Params, Batch> & { readonly caller: string },
): void {
  const { tasks, epochs, caller, selectBy, key, signal } = options;
  if (tasks.length === 0)
    throw new LabError('argument', `${caller}: there are no tasks`, { argument: 'tasks' });
  const ids = new Set(tasks.map(({ id }) => id));
  if (ids.size < tasks.length)
    throw new LabError('argument', `${caller}: two tasks have one id`, {
      argument: 'tasks',
      received: tasks.map(({ id }) => id),
    });
  if (!(Number.isInteger(epochs) && epochs >= 1))
    throw new LabError('argument', `${caller}: epochs is a count of at least 1`, {
      argument: 'epochs',
      received: epochs,
    });
  if ((key as Key | undefined)?.length !== 2)
    throw new LabError('argument', `${caller}: a key is required`, {
      argument: 'key',
      received: JSON.stringify(key),
    });
  if (selectBy === 'score' && tasks.some(({ score }) => !score))
    throw new LabError('argument', `${caller}: selecting by score needs a score of every task`, {
      argument: 'tasks',
      received: tasks.filter(({ score }) => !score).map(({ id }) => id),
    });
  if (signal?.aborted) throw new LabError('aborted', `${caller}: stopped after 0 steps`);
}
