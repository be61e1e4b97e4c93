import {
  adam,
  disposeTree,
  eventLoopBreather,
  fromTensor,
  tf,
  trainer,
  type ExecutionChoice,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { identity, matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { softmaxUnit, type Kernel } from '../attention/unit';
import { checkCount, checkNumber } from '../theory/checks';
import { preparedTasks, type Task } from './tasks';
import type { TaskRegressor } from './task-regressor';

export interface FitTasksOptions {
  readonly key: Key;
  /** `rbf` for any inputs; `dot`, the paper's unit with M = R^T R, scales each row to length 1. @default 'rbf' */
  readonly kernel?: Kernel;
  /** Rows r of the learned metric R [r, d]: below d it is of low rank. @default d */
  readonly rank?: number;
  /** Names of the features, for errors. */
  readonly names?: readonly string[];
  /** Steps of Adam at most. @default 300 */
  readonly steps?: number;
  /** Tasks a step. @default 50 */
  readonly batch?: number;
  /** @default 0.05 */
  readonly learningRate?: number;
  /** Share of the tasks, not of their rows, that is held out to choose the step to stop at. @default 0.2 */
  readonly holdOut?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: { step: number; steps: number; loss: number }) => void) | undefined;
  /** @default 'auto' */
  readonly engine?: ExecutionChoice;
}

interface Params {
  readonly metric: Tensor;
}

interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly mask: Tensor;
  readonly diagonal: Tensor;
}

/** Looks at the held-out tasks between this many steps. */
const patience = 25;

/**
 * Learns one attention unit from many small data sets (section 3.4): the metric whose leave-one-out attention predicts
 * each row of a task best from the task's other rows. New tasks are then predicted without training.
 *
 * @throws LabError `argument` for fewer than two tasks or a task with fewer than two rows, for a constant feature; `numeric`
 * for NaN; `aborted`
 * @example
 * const regressor = await fitTasks(tasks, { key: key(0) });
 * const labels = predictTask(regressor, { x, y, queries });
 */
export async function fitTasks(tasks: readonly Task[], options: FitTasksOptions): Promise<TaskRegressor> {
  const { key, kernel = 'rbf', names, signal, onStep, engine } = options;
  const { steps = 300, batch = 50, learningRate = 0.05, holdOut = 0.2 } = options;
  checkCount(steps, { argument: 'steps', where: 'fitTasks' });
  checkCount(batch, { argument: 'batch', where: 'fitTasks' });
  checkNumber(learningRate, { argument: 'learningRate', where: 'fitTasks', above: 0 });
  const { prepared, scaling, rows } = preparedTasks(tasks, { kernel, ...(names && { names }) });
  const dimension = scaling.transform.shape[1]!;
  const { rank = dimension } = options;
  checkCount(rank, { argument: 'rank', where: 'fitTasks' });
  const order = permutation(foldIn(key, 0), prepared.length);
  const held = Math.min(prepared.length - 1, Math.max(1, Math.round(holdOut * prepared.length)));
  const validation = Array.from(order.subarray(0, held), (at) => prepared[at]!);
  const training = Array.from(order.subarray(held), (at) => prepared[at]!);

  const eye = identity(dimension).data;
  const start = tf.tensor(Float32Array.from(eye.subarray(0, rank * dimension)), [rank, dimension]);
  const heldOut = batchOf(validation, { rows, dimension });
  const learning = await trainer<Params, Batch>({
    params: { metric: start },
    optimizer: adam({ learningRate }),
    loss: (params, each) => leaveOneOutLoss(params, each, kernel),
    ...(engine && { engine }),
  });
  const losses: number[] = [];
  let best: { metric: Array64; loss: number; step: number } | undefined;
  const look = async (step: number): Promise<void> =>
    learning.look(async ({ params }) => {
      const loss = tf.tidy(() => leaveOneOutLoss(params, heldOut, kernel));
      const [value = NaN] = await loss.data();
      loss.dispose();
      if (best && value >= best.loss) return;
      const { data } = await fromTensor(params.metric);
      best = {
        step,
        loss: value,
        metric: { shape: [rank, dimension], data: Float64Array.from(data as Float32Array) },
      };
    });
  const breathe = eventLoopBreather();
  try {
    await look(0);
    for (let step = 1; step <= steps; step++) {
      if (signal?.aborted) throw new LabError('aborted', `fitTasks: stopped before step ${step} of ${steps}`);
      const stepKey = foldIn(foldIn(key, 1), step);
      const chosen = permutation(stepKey, training.length).subarray(0, batch);
      // Always as many tasks, so that one compiled graph serves every step.
      const drawn = batchOf(
        Array.from({ length: batch }, (_, i) => training[chosen[i % chosen.length]!]!),
        { rows, dimension },
      );
      const loss = await learning.step(drawn, stepKey).finally(() => disposeTree(drawn));
      losses.push(loss);
      onStep?.({ step, steps, loss });
      if (step % patience === 0 || step === steps) await look(step);
      await breathe();
    }
  } finally {
    learning.dispose();
    disposeTree([start, heldOut]);
  }
  const { metric, loss, step } = best!;
  return {
    unit: softmaxUnit({ matrix: matmul(transpose(metric), metric), kernel }),
    scaling,
    validationLoss: loss,
    bestStep: step,
    losses,
  };
}

/** Mean over the rows that count of (leave-one-out attention - y)^2; differentiable, and reads no value. */
function leaveOneOutLoss({ metric }: Params, { x, y, mask, diagonal }: Batch, kernel: Kernel): Tensor {
  const [batch, rows, dimension] = x.shape as [number, number, number];
  const flat = tf.matMul(tf.reshape(x, [batch * rows, dimension]), metric, false, true);
  const turned = tf.reshape(flat, [batch, rows, metric.shape[0]]);
  let scores = tf.matMul(turned, turned, false, true);
  if (kernel === 'rbf') scores = tf.sub(scores, tf.expandDims(tf.mul(tf.sum(tf.square(turned), -1), 0.5), 1));
  const hidden = tf.add(diagonal, tf.expandDims(tf.sub(1, mask), 1));
  const weights = tf.softmax(tf.sub(scores, tf.mul(hidden, 1e9)));
  const predicted = tf.squeeze(tf.matMul(weights, tf.expandDims(y, 2)), [2]);
  return tf.div(tf.sum(tf.mul(tf.squaredDifference(predicted, y), mask)), tf.sum(mask));
}

/** Tasks as one padded batch. */
function batchOf(tasks: readonly Task[], { rows, dimension }: { rows: number; dimension: number }): Batch {
  const x = new Float32Array(tasks.length * rows * dimension);
  const y = new Float32Array(tasks.length * rows);
  const mask = new Float32Array(tasks.length * rows);
  tasks.forEach((task, t) => {
    x.set(task.x.data, t * rows * dimension);
    y.set(task.y, t * rows);
    mask.fill(1, t * rows, t * rows + task.y.length);
  });
  return {
    x: tf.tensor(x, [tasks.length, rows, dimension]),
    y: tf.tensor(y, [tasks.length, rows]),
    mask: tf.tensor(mask, [tasks.length, rows]),
    diagonal: tf.tensor(Float32Array.from(identity(rows).data), [1, rows, rows]),
  };
}
