import type { Key } from '@lab/tensor-core';
import { foldIn, permutation } from '@lab/tensor-core/random';
import type { SlotBatch } from './slot-training';

/**
 * How tasks follow each other in an epoch. `interleaved`: a batch of each in turn, a task that has no more is left out;
 * `shuffled`: all batches in random order; `blocks`: one task after the other.
 */
export type TaskOrder = 'interleaved' | 'shuffled' | 'blocks';

export interface RoundOptions {
  readonly order: TaskOrder;
  /** One step for each batch, or one for a batch of every task. */
  readonly step: 'per-task' | 'accumulate';
  /** How the losses of a round are put together. */
  readonly reduce: 'sum' | 'mean';
  /** `uniform` repeats the batches of smaller tasks, so that every task has as many as the largest. */
  readonly balance: 'size' | 'uniform';
  readonly slotOf: (task: number) => number;
}

/** The steps of an epoch, each a list of batches. */
export function roundsOf<Batch>(
  batches: readonly (readonly Batch[])[],
  key: Key,
  { order, step, reduce, balance, slotOf }: RoundOptions,
): SlotBatch<Batch>[][] {
  const most = Math.max(...batches.map(({ length }) => length));
  const even = balance === 'uniform' ? batches.map((own) => repeated(own, most)) : batches;
  const part = (task: number, batch: Batch, weight: number): SlotBatch<Batch> => ({
    slot: slotOf(task),
    batch,
    weight,
  });
  if (order === 'interleaved') {
    const rounds = Array.from({ length: most }, (_, b) =>
      even.flatMap((own, task) => (b < own.length ? [{ task, batch: own[b]! }] : [])),
    );
    return step === 'accumulate'
      ? rounds.map((round) =>
          round.map(({ task, batch }) => part(task, batch, reduce === 'mean' ? 1 / round.length : 1)),
        )
      : rounds.flat().map(({ task, batch }) => [part(task, batch, 1)]);
  }
  const all = even.flatMap((own, task) => own.map((batch) => [part(task, batch, 1)]));
  return order === 'blocks'
    ? all
    : Array.from(permutation(foldIn(key, 1), all.length), (place) => all[place]!);
}

const repeated = <T>(items: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, i) => items[i % items.length]!);
