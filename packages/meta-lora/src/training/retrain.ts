import {
  disposeTree,
  engine as startEngine,
  eventLoopBreather,
  treeSize,
  type GradientTransformation,
  type Key,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import type { SlotKind } from '../slots';
import { notFinite, taskOf, validate } from './checks';
import { withMade } from './loop';
import { roundsOf, type RoundOptions } from './rounds';
import type { EpochReport, RetrainOptions, RetrainReport } from './report';
import { scoreOf } from './score';
import { slotTraining, type SlotTraining } from './slot-training';
import type { Task } from './tasks';

export interface CoreOptions<Params, Slot, Batch>
  extends RetrainOptions<Params, Batch>, Omit<RoundOptions, 'balance'> {
  readonly kind: SlotKind<Slot>;
  readonly slots: readonly Slot[];
  readonly slotOptimizer?: GradientTransformation | undefined;
  readonly trainBase: boolean;
  readonly caller: string;
}

export interface CoreResult<Params, Slot> {
  /** The base; undefined where it was frozen. */
  readonly params: Params;
  readonly slots: Slot[];
  readonly report: RetrainReport;
}

/** The loop that all trainings here share. It takes the slots over. */
export async function runRetraining<Params, Slot, Batch>(
  options: CoreOptions<Params, Slot, Batch>,
): Promise<CoreResult<Params, Slot>> {
  const { tasks, epochs, key, caller, kind, trainBase, selectBy = 'last', signal, onStep } = options;
  const started = performance.now();
  const warnings: string[] = [];
  let training: SlotTraining<Params, Slot, Batch> | undefined;
  let best: { readonly params: Params; readonly slots: Slot[] } | undefined;
  try {
    validate(options);
    await startEngine();
    training = slotTraining({
      ...options,
      slotOptimizer: options.slotOptimizer ?? options.optimizer,
      onNotice: (message) => warnings.push(message),
    });
    const breathe = eventLoopBreather();
    const reports: EpochReport[] = [];
    let step = 0;
    let bestScore = -Infinity;
    let kept = epochs - 1;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const epochKey = foldIn(key, epoch);
      const { batches, free } = epochBatches(tasks, epoch, foldIn(epochKey, 0));
      try {
        const rounds = roundsOf(batches, foldIn(epochKey, 1), {
          ...options,
          balance: options.balance ?? 'size',
        });
        const sums = new Map<Batch, { sum: number; count: number }>();
        for (const [place, round] of rounds.entries()) {
          if (signal?.aborted) throw new LabError('aborted', `${caller}: stopped after ${step} steps`);
          const losses = training.step(round, foldIn(foldIn(epochKey, 2), place));
          step += 1;
          let total = 0;
          losses.forEach((loss, i) => {
            const { batch } = round[i]!;
            if (!Number.isFinite(loss)) throw notFinite(caller, taskOf(tasks, batches, batch), step, loss);
            const entry = sums.get(batch) ?? { sum: 0, count: 0 };
            sums.set(batch, { sum: entry.sum + loss, count: entry.count + 1 });
            total += loss / losses.length;
          });
          onStep?.({
            step,
            epoch,
            epochs,
            fraction: (epoch + (place + 1) / rounds.length) / epochs,
            loss: total,
          });
          await breathe();
        }
        const losses = batches.map((own) => {
          const entries = own.map((batch) => sums.get(batch)).filter((entry) => entry !== undefined);
          const count = entries.reduce((all, entry) => all + entry.count, 0);
          return entries.reduce((all, entry) => all + entry.sum, 0) / Math.max(count, 1);
        });
        let scores: number[] | undefined;
        if (selectBy === 'score') {
          const now = training.read();
          const base = trainBase ? now.params : options.params;
          try {
            scores = [];
            for (const [t, task] of tasks.entries())
              scores.push(await scoreOf(task, kind, base, now.slots[options.slotOf(t)]!));
          } catch (error) {
            disposeTree([now.params, now.slots, now.optimizer]);
            throw error;
          }
          disposeTree(now.optimizer);
          const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
          if (mean > bestScore) {
            if (best) disposeTree([best.params, best.slots]);
            [best, bestScore, kept] = [now, mean, epoch];
          } else disposeTree([now.params, now.slots]);
        }
        reports.push({ epoch, losses, ...(scores && { scores }) });
      } finally {
        free();
      }
    }
    if (!best) {
      const { optimizer, ...last } = training.read();
      disposeTree(optimizer);
      best = last;
    }
    const { params, slots } = best;
    best = undefined;
    return {
      params,
      slots,
      report: {
        tasks: tasks.map(({ id }) => id),
        epochs: reports,
        kept,
        steps: step,
        seconds: (performance.now() - started) / 1000,
        engine: training.engine,
        trained: { base: trainBase ? treeSize(options.params) : 0, slots: treeSize(options.slots) },
        warnings,
      },
    };
  } finally {
    if (best) disposeTree([best.params, best.slots]);
    training?.dispose();
    disposeTree(options.slots);
  }
}

function epochBatches<Params, Batch>(
  tasks: readonly Task<Params, Batch>[],
  epoch: number,
  key: Key,
): { readonly batches: readonly (readonly Batch[])[]; readonly free: () => void } {
  const { value: batches, free } = withMade(() =>
    tasks.map((task, t) => task.batches(epoch, foldIn(key, t))),
  );
  const empty = batches.findIndex(({ length }) => length === 0);
  if (empty < 0) return { batches, free };
  free();
  throw new LabError('argument', `task ${tasks[empty]!.id} has no batch in epoch ${epoch}`, {
    argument: 'tasks',
  });
}
