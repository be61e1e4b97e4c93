import { tf, type Tensor, type Tensor2D } from '@lab/tensor-core';
import type { LossName } from '../network/losses';

/** Parameters of the whole network: shared weight [d, m], bias [m], heads [T, m]. */
export interface JointParams {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly heads: Tensor;
}

/** Rows of any tasks: x [B, d], y [B], which task [B, T] (one-hot, so that no gather is needed). */
export interface JointBatch {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly task: Tensor;
}

const losses: Readonly<Record<LossName, (output: Tensor, y: Tensor) => Tensor>> = {
  hinge: (g, y) => tf.relu(tf.sub(1, tf.mul(g, y))),
  // log(1 + exp(-u)) without overflow
  logistic: (g, y) => {
    const u = tf.mul(g, y);
    return tf.add(tf.relu(tf.neg(u)), tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(u))))));
  },
  squared: (g, y) => tf.mul(0.5, tf.square(tf.sub(g, y))),
  correlation: (g, y) => tf.neg(tf.mul(g, y)),
};

/** a_t . relu(W x + b) of each row, [B]. */
export function jointOutputs(
  { weight, bias, heads }: JointParams,
  { x, task }: Omit<JointBatch, 'y'>,
): Tensor {
  const hidden = tf.relu(tf.add(tf.matMul(x as Tensor2D, weight as Tensor2D), bias));
  return tf.sum(tf.mul(hidden, tf.matMul(task as Tensor2D, heads as Tensor2D)), 1);
}

/** Mean loss of the rows: a pure function of tensors. */
export function jointLoss(loss: LossName): (params: JointParams, batch: JointBatch) => Tensor {
  return (params, batch) => tf.mean(losses[loss](jointOutputs(params, batch), batch.y));
}
