import { tf, tidyTree, type Tensor } from '@lab/tensor-core';
import { tableTask, type TableBatch, type Task } from '../../training';
import type { TextScorer } from './scorer';

/** Texts of which the first is the right one; a network sees each by itself, so their order tells it nothing. */
export type Candidates = readonly string[];

/** Groups of candidates as tensors: x the tokens and y their masks, both [groups, candidates, length]. */
export function encodeGroups<Params>(
  scorer: TextScorer<Params>,
  groups: readonly Candidates[],
  length: number,
): TableBatch {
  return tidyTree(() => {
    const { ids, mask } = scorer.encode(groups.flat(), length);
    const shape = [groups.length, groups[0]!.length, length];
    return { x: tf.reshape(ids, shape), y: tf.reshape(tf.cast(mask, 'float32'), shape) };
  });
}

/** Log-odds [groups, candidates]. */
function logits<Params>(scorer: TextScorer<Params>, params: Params, { x, y }: TableBatch): Tensor {
  const [groups, candidates, length] = x.shape as [number, number, number];
  const flat = (tensor: Tensor): Tensor => tf.reshape(tensor, [groups * candidates, length]);
  return tf.reshape(scorer.score(params, { ids: flat(x), mask: flat(y) }), [groups, candidates]);
}

/** Mean negative log-likelihood of every candidate as right or wrong by itself (section 5.4). */
export const rankingLoss =
  <Params>(scorer: TextScorer<Params>) =>
  (params: Params, batch: TableBatch): Tensor => {
    const found = logits(scorer, params, batch);
    const [groups, candidates] = found.shape as [number, number];
    const right = tf.tensor2d(
      Float32Array.from({ length: groups * candidates }, (_, i) => (i % candidates === 0 ? 1 : -1)),
      [groups, candidates],
    );
    return tf.mean(tf.softplus(tf.neg(tf.mul(found, right))));
  };

/** Share of groups whose first candidate has the largest log-odds; a tie counts as wrong. */
export const topOne =
  <Params>(scorer: TextScorer<Params>) =>
  (params: Params, batch: TableBatch): Tensor => {
    const found = logits(scorer, params, batch);
    const [groups, candidates] = found.shape as [number, number];
    const right = tf.slice(found, [0, 0], [groups, 1]);
    const others = tf.max(tf.slice(found, [0, 1], [groups, candidates - 1]), 1, true);
    return tf.mean(tf.cast(tf.greater(right, others), 'float32'));
  };

export interface RankingTaskOptions<Params> {
  readonly id: string;
  readonly train: TableBatch;
  readonly held: TableBatch;
  readonly batchSize: number;
  /** Compiled where that is possible. */
  readonly accuracy: (params: Params, batch: TableBatch) => Tensor;
}

export const rankingTask = <Params>({
  id,
  train,
  held,
  batchSize,
  accuracy,
}: RankingTaskOptions<Params>): Task<Params, TableBatch> =>
  tableTask({
    id,
    ...train,
    batchSize,
    score(params: Params) {
      const share = accuracy(params, held);
      const [value = Number.NaN] = share.dataSync();
      share.dispose();
      return value;
    },
  });
