import type { GradientTransformation } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import type { SlotKind } from '../slots';
import type { RetrainOptions, RetrainReport } from '../training/report';
import { runRetraining } from '../training/retrain';

export interface MetaRetrainOptions<Params, Slot, Batch> extends RetrainOptions<Params, Batch> {
  /** What each task has of its own: `loraSlots(...)` for LoRA-ML, `headSlots(...)` for last-layer-ML. */
  readonly slots: SlotKind<Slot>;
  /** One step for each task's batch, or one for a batch of every task. @default 'accumulate' */
  readonly step?: 'per-task' | 'accumulate';
  /** How `accumulate` puts the tasks' losses together; with Adam it hardly matters. @default 'sum' */
  readonly reduce?: 'sum' | 'mean';
  /** @default `optimizer` */
  readonly slotOptimizer?: GradientTransformation;
}

/** Where retraining ended. The tensors belong to the caller. */
export interface Retrained<Params, Slot> {
  /** The base, to be adapted to new tasks. */
  readonly params: Params;
  /** The tasks' own parts, in the tasks' order; the method throws them away, they serve the old tasks. */
  readonly slots: readonly Slot[];
  readonly report: RetrainReport;
}

/**
 * PEFT-ML retraining (section 3.4), with LoRA slots the paper's LoRA-ML: base and one slot for each task are trained together, so
 * that the base with *some* cheap slot fits each task. No second derivatives and no unrolling: the cost of multi-task training.
 *
 * @throws LabError `argument` for settings out of range, `numeric` naming the task and step of a loss that is not finite, `aborted`
 * @example
 * const { params } = await metaRetrain({
 *   params: network.init(key(0)), loss, tasks, slots: loraSlots({ targets: /weight$/, rank: 1 }),
 *   optimizer: adamw({ learningRate: 2e-3 }), epochs: 60, key: key(1),
 * });
 */
export async function metaRetrain<Params, Slot, Batch>(
  options: MetaRetrainOptions<Params, Slot, Batch>,
): Promise<Retrained<Params, Slot>> {
  const { tasks, params, slots: kind, key, step = 'accumulate', reduce = 'sum' } = options;
  const result = await runRetraining({
    ...options,
    caller: 'metaRetrain',
    kind,
    slots: tasks.map((_, t) => kind.init(foldIn(foldIn(key, 0x510), t), params)),
    trainBase: true,
    order: 'interleaved',
    slotOf: (task) => task,
    step,
    reduce,
  });
  if (tasks.length > 1) return result;
  const warning =
    'one task does not identify a base: what is its own and what is shared cannot be told apart';
  return { ...result, report: { ...result.report, warnings: [...result.report.warnings, warning] } };
}
