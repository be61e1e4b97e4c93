import {
  cloneTree,
  disposeTree,
  engine as startEngine,
  eventLoopBreather,
  tidyTree,
  treeSize,
  type Execution,
  type ExecutionChoice,
  type GradientTransformation,
  type Key,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import type { SlotKind } from '../slots';
import { withMade } from './loop';
import { roundsOf, type RoundOptions } from './rounds';
import { slotTraining, type Loss, type SlotTraining } from './slot-training';
import type { Task } from './tasks';

export interface RetrainEvent {
  /** Steps done, from 1. */
  readonly step: number;
  /** Epoch, from 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Part of all steps that is done, in (0, 1]. */
  readonly fraction: number;
  /** Mean loss of the step's batches, before it. */
  readonly loss: number;
}

export interface RetrainOptions<Params, Batch> {
  /** Parameters to start from; they stay the caller's and are not changed. */
  readonly params: Params;
  readonly tasks: readonly Task<Params, Batch>[];
  readonly loss: Loss<Params, Batch>;
  readonly optimizer: GradientTransformation;
  readonly epochs: number;
  readonly key: Key;
  /** Parameters of which epoch are kept: those of the best mean score of the tasks, each with its own slot, or the last. @default 'last' */
  readonly selectBy?: 'last' | 'score';
  readonly balance?: RoundOptions['balance'];
  /** @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  /** Threads of compiled steps. @default as `engine({ threads })` */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: RetrainEvent) => void) | undefined;
}

export interface EpochReport {
  readonly epoch: number;
  /** Mean loss of each task's batches over the epoch. */
  readonly losses: readonly number[];
  /** Score of each task, where tasks have one and it was asked for. */
  readonly scores?: readonly number[];
}

export interface RetrainReport {
  readonly tasks: readonly string[];
  readonly epochs: readonly EpochReport[];
  /** Epoch whose parameters were kept. */
  readonly kept: number;
  readonly steps: number;
  readonly seconds: number;
  /** How the steps were computed. */
  readonly engine: Execution;
  /** Trained scalars: of the base, and of all slots. */
  readonly trained: { readonly base: number; readonly slots: number };
  readonly warnings: readonly string[];
}

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

function taskOf<Params, Batch>(
  tasks: readonly Task<Params, Batch>[],
  batches: readonly (readonly Batch[])[],
  batch: Batch,
): string {
  return tasks[batches.findIndex((own) => own.includes(batch))]?.id ?? 'unknown';
}

function notFinite(caller: string, task: string, step: number, loss: number): LabError {
  return new LabError('numeric', `${caller}: the loss of task ${task} at step ${step} is ${loss}`, {
    argument: 'loss',
    received: String(loss),
    hint: 'lower the learning rate, clip the gradients, or look at this task for NaN',
  });
}

function validate<Params, Slot, Batch>(options: CoreOptions<Params, Slot, Batch>): void {
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
