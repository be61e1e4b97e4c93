import { tf, type Tensor, type Tensor1D } from '../tf';
import { gradient, noGradient } from './registry';

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The stock gradient of gather calls chained methods, which Node has not, and knows at most one batch axis. */
export function registerGatherGradients(): void {
  gradient<{ axis: number; batchDims?: number }>('GatherV2', {
    inputs: ['x', 'indices'],
    backward: (dy, saved, { axis, batchDims = 0 }) => {
      const [x, indices] = saved as [Tensor, Tensor];
      return { x: () => gatherBackward(x.shape, indices, dy, axis, batchDims), indices: noGradient(indices) };
    },
  });
  gradient<{ numSegments: number }>('UnsortedSegmentSum', {
    inputs: ['segmentIds'],
    backward: (dy, saved, { numSegments }) => {
      const [ids] = saved as [Tensor];
      return { x: () => rowsOrZero(dy, ids, numSegments), segmentIds: noGradient(ids) };
    },
  });
  gradient('GatherNd', {
    inputs: ['params', 'indices'],
    backward: (dy, saved) => {
      const [params, indices] = saved as [Tensor, Tensor];
      return { params: () => tf.scatterND(indices, dy, params.shape), indices: noGradient(indices) };
    },
  });
  gradient('ScatterNd', {
    inputs: ['indices'],
    backward: (dy, saved) => {
      const [indices] = saved as [Tensor];
      return { updates: () => tf.gatherND(dy, indices), indices: noGradient(indices) };
    },
  });
  // Of several updates of one place all get the gradient, since which of them stays differs between engines.
  gradient('TensorScatterUpdate', {
    inputs: ['indices', 'updates'],
    backward: (dy, saved) => {
      const [indices, updates] = saved as [Tensor, Tensor];
      return {
        tensor: () => {
          const hits = tf.scatterND(indices, tf.onesLike(updates), dy.shape);
          return tf.mul(dy, tf.cast(tf.equal(hits, 0), 'float32'));
        },
        updates: () => tf.gatherND(dy, indices),
        indices: noGradient(indices),
      };
    },
  });
  gradient<object, [Tensor, Tensor]>('TopK', {
    inputs: ['x'],
    outputs: [false, true],
    backward: ([dy], saved) => {
      const [x, indices] = saved as [Tensor, Tensor];
      return { x: () => gatherBackward(x.shape, indices, dy, x.rank - 1, x.rank - 1) };
    },
  });
}

/** Adds the rows of dy up where gather took them from. x is [batch, outer, size, inner], dy [batch, outer, taken, inner]. */
function gatherBackward(
  shape: number[],
  indices: Tensor,
  dy: Tensor,
  axis: number,
  batchDims: number,
): Tensor {
  const at = axis < 0 ? axis + shape.length : axis;
  const batch = product(shape.slice(0, batchDims));
  const outer = product(shape.slice(batchDims, at));
  const size = shape[at] as number;
  const inner = product(shape.slice(at + 1));
  const taken = indices.size / batch;
  const rows = tf.transpose(tf.reshape(dy, [batch, outer, taken, inner]), [0, 2, 1, 3]);
  const sums = tf.unsortedSegmentSum(
    tf.reshape(rows, [batch * taken, outer * inner]),
    batchedIds(indices, batch, taken, size),
    batch * size,
  );
  return tf.reshape(tf.transpose(tf.reshape(sums, [batch, size, outer, inner]), [0, 2, 1, 3]), shape);
}

function batchedIds(indices: Tensor, batch: number, taken: number, size: number): Tensor1D {
  if (batch === 1) return tf.reshape(indices, [taken]);
  const starts = tf.range(0, batch * size, size, 'int32');
  return tf.reshape(tf.add(tf.reshape(indices, [batch, taken]), tf.reshape(starts, [batch, 1])), [
    batch * taken,
  ]);
}

/** The row of each id, zeros where the id is out of range and was dropped. */
function rowsOrZero(dy: Tensor, ids: Tensor, numSegments: number): Tensor {
  const valid = tf.logicalAnd(tf.greaterEqual(ids, 0), tf.less(ids, numSegments));
  const safe = tf.mul(ids, tf.cast(valid, 'int32'));
  const mask = tf.reshape(tf.cast(valid, 'float32'), [...ids.shape, ...dy.shape.slice(1).map(() => 1)]);
  return tf.mul(tf.gather(dy, safe as Tensor1D), mask);
}
