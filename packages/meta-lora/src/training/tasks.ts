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
  const [rowsOfX, rowsOfY] = [rowPicker(x), rowPicker(y)];
  return {
    id,
    ...(score && { score }),
    batches(epoch, key) {
      if (size === rows) return [{ x, y }];
      const order = permutation(foldIn(key, epoch), rows);
      return Array.from({ length: Math.ceil(rows / size) }, (_, b) => {
        const places = order.subarray(b * size, (b + 1) * size);
        return { x: rowsOfX(places), y: rowsOfY(places) };
      });
    },
  };
}

/** Rows of a tensor by their places. WebAssembly's gather goes number by number, a copy on the host by rows. */
function rowPicker(tensor: Tensor): (places: Int32Array) => Tensor {
  const [rows = 0, ...rest] = tensor.shape;
  const width = tensor.size / rows;
  let data: Float32Array | undefined;
  return (places) => {
    if (!onHost.has(tf.getBackend()) || tensor.dtype === 'string') {
      const index = tf.tensor1d(places, 'int32');
      const picked = tf.gather(tensor, index);
      index.dispose();
      return picked;
    }
    data ??= tensor.dataSync<'float32'>().slice();
    const made = new (data.constructor as typeof Float32Array)(places.length * width);
    for (const [row, place] of places.entries())
      made.set(data.subarray(place * width, (place + 1) * width), row * width);
    return tf.tensor(made, [places.length, ...rest], tensor.dtype);
  };
}

/** Engines whose numbers can be read without waiting. */
const onHost = new Set(['wasm', 'cpu', 'tensorflow']);
