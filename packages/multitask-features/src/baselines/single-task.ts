import type { TaskSource } from '../data/task-data';
import type { FeatureModel } from '../pretrain/feature-model';
import type { PretrainOptions } from '../pretrain/options';
import { pretrain } from '../pretrain/pretrain';

/** The same algorithm on one task: give it as many samples as all tasks had together. */
export function singleTask(task: TaskSource, options: PretrainOptions): Promise<FeatureModel> {
  return pretrain([task], options);
}

/** Heads drawn at random instead of the head step: the gradient has no contrastive signal. */
export function randomHeads(tasks: readonly TaskSource[], options: PretrainOptions): Promise<FeatureModel> {
  return pretrain(tasks, { ...options, heads: 'random' });
}
