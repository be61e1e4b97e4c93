import { disposeTree, type Key } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import type { SlotKind } from '../slots';
import type { RetrainOptions, RetrainReport } from '../training/report';
import { runRetraining } from '../training/retrain';
import type { Task } from '../training/tasks';

export interface AdaptAllOptions<Params, Slot, Batch> extends RetrainOptions<Params, Batch> {
  /** The frozen base, and what of a task's own is trained on top of it. */
  readonly slots: SlotKind<Slot>;
}

export interface AdaptOptions<Params, Slot, Batch> extends Omit<
  AdaptAllOptions<Params, Slot, Batch>,
  'tasks'
> {
  readonly task: Task<Params, Batch>;
}

export interface Adapted<Slot> {
  /** The trained slots in the tasks' order; they belong to the caller. */
  readonly slots: readonly Slot[];
  readonly report: RetrainReport;
}

/**
 * Fine-tuning on new tasks: the base is frozen, every task gets a fresh slot, and only the slots are trained. Many tasks share one
 * compiled step and train as if each were alone.
 *
 * @throws LabError as `metaRetrain`
 */
export async function adaptAll<Params, Slot, Batch>(
  options: AdaptAllOptions<Params, Slot, Batch>,
): Promise<Adapted<Slot>> {
  const { tasks, params, slots: kind, key } = options;
  const { slots, report } = await runRetraining({
    ...options,
    caller: 'adapt',
    kind,
    slots: tasks.map((_, task) => freshSlot(kind, { key, task, params })),
    trainBase: false,
    order: 'interleaved',
    // Each slot has its own part of the gradient either way; one step for all costs less.
    step: tasks.length <= 16 ? 'accumulate' : 'per-task',
    reduce: 'sum',
    slotOf: (task) => task,
  });
  return { slots, report };
}

/** The slot that fine-tuning with this key starts from. It is not that of a retraining with the same key. */
export function freshSlot<Slot>(
  kind: SlotKind<Slot>,
  { key, task, params }: { readonly key: Key; readonly task: number; readonly params: unknown },
): Slot {
  return kind.init(foldIn(foldIn(key, 0xada), task), params);
}

/**
 * Fine-tuning on one new task.
 *
 * @returns the slot, which belongs to the caller; `slots.apply(params, slot)` is the adapted network
 * @example
 * const { slot } = await adapt({ params, loss, task, slots: loraSlots({ targets: /weight$/, rank: 1 }), optimizer, epochs: 200, key: key(2) });
 */
export async function adapt<Params, Slot, Batch>({
  task,
  ...options
}: AdaptOptions<Params, Slot, Batch>): Promise<{ readonly slot: Slot; readonly report: RetrainReport }> {
  const { slots, report } = await adaptAll({ ...options, tasks: [task] });
  const [slot, ...rest] = slots;
  disposeTree(rest);
  return { slot: slot!, report };
}
