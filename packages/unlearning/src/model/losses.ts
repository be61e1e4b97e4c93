import { tf, type Tensor } from '@lab/tensor-core';
import type { BatchLoss, Task } from './types';

/** An output as a matrix [n, outputs]. */
export const asRows = (output: Tensor): Tensor => tf.reshape(output, [output.shape[0], -1]);

/** Mean of squared differences over all entries, summed over heads. */
export const meanSquare: BatchLoss = (outputs, targets) =>
  sumOf(
    outputs.map((output, h) =>
      tf.mean(tf.squaredDifference(tf.reshape(output, targets[h]!.shape), targets[h]!)),
    ),
  );

export function logProbabilities(logits: Tensor, clamp?: number): Tensor {
  const rows = asRows(logits);
  return tf.logSoftmax(clamp === undefined ? rows : tf.clipByValue(rows, -clamp, clamp));
}

/** log p(y | x) of each sample, summed over heads [n]. */
export function logLikelihoods(
  outputs: readonly Tensor[],
  labels: readonly Tensor[],
  clamp?: number,
): Tensor {
  return sumOf(
    outputs.map((logits, h) => {
      const logs = logProbabilities(logits, clamp);
      const chosen = tf.cast(tf.oneHot(tf.cast(labels[h]!, 'int32'), logs.shape[1]!), 'float32');
      return tf.sum(tf.mul(logs, chosen), 1);
    }),
  );
}

/** Mean cross-entropy, summed over heads. `clamp` limits logits to [-clamp, clamp] first. */
export const crossEntropy =
  (clamp?: number): BatchLoss =>
  (outputs, labels) =>
    tf.neg(tf.mean(logLikelihoods(outputs, labels, clamp)));

/** KL(teacher || student), mean over the batch, summed over heads; both are given as logits. */
export function distillation(teacher: readonly Tensor[], student: readonly Tensor[], clamp?: number): Tensor {
  return sumOf(
    student.map((logits, h) => {
      const known = logProbabilities(teacher[h]!, clamp);
      const difference = tf.sub(known, logProbabilities(logits, clamp));
      return tf.mean(tf.sum(tf.mul(tf.exp(known), difference), 1));
    }),
  );
}

export const lossOf = (task: Task, clamp?: number): BatchLoss =>
  task === 'regression' ? meanSquare : crossEntropy(clamp);

export const sumOf = (terms: readonly Tensor[]): Tensor =>
  terms.slice(1).reduce((sum, term) => tf.add(sum, term), terms[0]!);
