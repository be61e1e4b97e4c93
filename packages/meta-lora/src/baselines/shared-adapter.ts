import { cloneTree, disposeTree, tidyTree } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import type { SlotKind } from '../slots';
import { runRetraining } from '../training/retrain';
import type { RetrainedBase, StandardRetrainOptions } from './standard-retrain';

export interface SharedAdapterOptions<Params, Slot, Batch> extends StandardRetrainOptions<Params, Batch> {
  readonly slots: SlotKind<Slot>;
}

/**
 * Multi-task LoRA: the base stays frozen, one slot is trained on the data of all tasks and worked into the base.
 *
 * @returns a base with the slot in it
 */
export async function sharedAdapterRetrain<Params, Slot, Batch>(
  options: SharedAdapterOptions<Params, Slot, Batch>,
): Promise<RetrainedBase<Params>> {
  const { params, slots: kind, key } = options;
  const { slots, report } = await runRetraining({
    order: 'interleaved',
    step: 'accumulate',
    reduce: 'sum',
    ...options,
    caller: 'sharedAdapterRetrain',
    kind,
    slots: [kind.init(foldIn(key, 0x510), params)],
    trainBase: false,
    slotOf: () => 0,
  });
  const merged = tidyTree(() => cloneTree(kind.apply(params, slots[0]!)));
  disposeTree(slots);
  return { params: merged, report };
}
