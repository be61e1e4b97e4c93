import { tf, type Key, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, permutation } from '@lab/tensor-core/random';

/** One task of the retraining, or a new one: where its batches come from and how a network is scored on it. */
export interface Task<Params, Batch> {
  readonly id: string;
  /** The batches of an epoch (from 0), any trees of tensors. Tensors made in the call are freed after the epoch. */
  readonly batches: (epoch: number, key: Key) => readonly Batch[];
  /** Held-out score of the adapted network, higher is better. */
  readonly score?: (params: Params) => number | Promise<number>;
}

export interface TableBatch {
  /** [rows, ...] */
  readonly x: Tensor;
  /** [rows, ...] */
  readonly y: Tensor;
}

export interface TableTaskOptions<Params> extends TableBatch {
  readonly id: string;
  /** Rows of a batch; the last one of an epoch may have fewer. @default all rows */
  readonly batchSize?: number;
  readonly score?: (params: Params) => number | Promise<number>;
}

/**
 * A task from two tensors with a row for each example, in a new order every epoch. The tensors stay the caller's.
 *
 * @throws LabError `argument` when it has no rows or another number of labels
 */
export function tableTask<Params>({
  id,
  x,
  y,
  batchSize,
  score,
}: TableTaskOptions<Params>): Task<Params, TableBatch> {
  const [rows = 0] = x.shape;
  if (rows === 0 || y.shape[0] !== rows)
    throw new LabError('argument', `task ${id}: there is one label for each row, and at least one row`, {
      argument: 'x, y',
      received: [x.shape, y.shape],
    });
  const size = Math.min(batchSize ?? rows, rows);
  if (!(Number.isInteger(size) && size >= 1))
    throw new LabError('argument', `task ${id}: batchSize is a count of at least 1`, {
      argument: 'batchSize',
      received: batchSize,
    });
  return {
    id,
    ...(score && { score }),
    batches(epoch, key) {
      if (size === rows) return [{ x, y }];
      const order = permutation(foldIn(key, epoch), rows);
      return Array.from({ length: Math.ceil(rows / size) }, (_, b) => {
        const index = tf.tensor1d(order.slice(b * size, (b + 1) * size), 'int32');
        const batch = { x: tf.gather(x, index), y: tf.gather(y, index) };
        index.dispose();
        return batch;
      });
    },
  };
}
