import { disposeTree, type Key } from '@lab/tensor-core';
import { scoreOf } from '../training/score';
import { adaptAll, freshSlot, type AdaptAllOptions } from './adapt';

export interface CompareBasesOptions<Params, Slot, Batch> extends Omit<
  AdaptAllOptions<Params, Slot, Batch>,
  'params' | 'selectBy'
> {
  /** Bases by the name of what made them. They stay the caller's. */
  readonly bases: Readonly<Record<string, Params>>;
  readonly key: Key;
}

export interface BaseScores {
  /** Score of each task with a fresh slot, before the first step; LoRA's changes nothing. */
  readonly before: readonly number[];
  /** Score of each task after fine-tuning. */
  readonly after: readonly number[];
  /** Mean loss of each task's batches over the last epoch. */
  readonly losses: readonly number[];
  readonly seconds: number;
}

/**
 * Fine-tunes every base on the same new tasks in the same way, from the same fresh slots, batch for batch, and scores it.
 *
 * @throws LabError as `adaptAll`; `argument` for a task without score
 */
export async function compareBases<Params, Slot, Batch>({
  bases,
  ...options
}: CompareBasesOptions<Params, Slot, Batch>): Promise<Readonly<Record<string, BaseScores>>> {
  const { tasks, slots: kind, key } = options;
  const found: Record<string, BaseScores> = {};
  for (const [name, params] of Object.entries(bases)) {
    const { slots, report } = await adaptAll({ ...options, params });
    const before: number[] = [];
    const after: number[] = [];
    try {
      for (const [t, task] of tasks.entries()) {
        const fresh = freshSlot(kind, { key, task: t, params });
        try {
          before.push(await scoreOf(task, kind, params, fresh));
        } finally {
          disposeTree(fresh);
        }
        after.push(await scoreOf(task, kind, params, slots[t]!));
      }
    } finally {
      disposeTree(slots);
    }
    found[name] = { before, after, losses: report.epochs.at(-1)!.losses, seconds: report.seconds };
  }
  return found;
}
