import { noSlots } from '../slots';
import type { TaskOrder } from '../training/rounds';
import type { RetrainOptions, RetrainReport } from '../training/report';
import { runRetraining } from '../training/retrain';

export interface StandardRetrainOptions<Params, Batch> extends RetrainOptions<Params, Batch> {
  /** How the tasks' batches follow each other. @default 'interleaved' */
  readonly order?: TaskOrder;
  /** With `interleaved`: one step for each batch, or one for a batch of every task. @default 'accumulate' */
  readonly step?: 'per-task' | 'accumulate';
  /** @default 'sum' */
  readonly reduce?: 'sum' | 'mean';
}

export interface RetrainedBase<Params> {
  /** The base; its tensors belong to the caller. */
  readonly params: Params;
  readonly report: RetrainReport;
}

/** Standard retraining: one network for the data of all tasks, argmin_W sum_t L_t(W). The loop is that of `metaRetrain`. */
export async function standardRetrain<Params, Batch>(
  options: StandardRetrainOptions<Params, Batch>,
): Promise<RetrainedBase<Params>> {
  const { params, report } = await runRetraining({
    order: 'interleaved',
    step: 'accumulate',
    reduce: 'sum',
    ...options,
    caller: 'standardRetrain',
    kind: noSlots(),
    slots: [{}],
    trainBase: true,
    slotOf: () => 0,
  });
  return { params, report };
}
