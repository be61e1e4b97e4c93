import { cloneTree, disposeTree, tidyTree } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { SlotKind } from '../slots';
import type { Task } from './tasks';

/** Score of the base with a slot on a task. */
export async function scoreOf<Params, Slot, Batch>(
  task: Task<Params, Batch>,
  kind: SlotKind<Slot>,
  params: Params,
  slot: Slot,
): Promise<number> {
  if (!task.score)
    throw new LabError('argument', `task ${task.id} has no score`, {
      argument: 'tasks',
      hint: "give every task a `score`, or take selectBy: 'last'",
    });
  const adapted = tidyTree(() => cloneTree(kind.apply(params, slot)));
  try {
    return await task.score(adapted);
  } finally {
    disposeTree(adapted);
  }
}
