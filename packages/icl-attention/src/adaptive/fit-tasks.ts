import {
  adam,
  disposeTree,
  eventLoopBreather,
  fromTensor,
  tf,
  tidyTree,
  trainer,
  type ExecutionChoice,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { identity, type Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, permutation, type Key } from '@lab/tensor-core/random';
import { softmaxUnit, type Kernel } from '../attention/unit';
import { checkCount, checkNumber } from '../theory/checks';
import { metricForm, type MetricParams } from './metric';
import { preparedTasks, type Task } from './tasks';
import type { TaskRegressor } from './task-regressor';

export interface FitTasksOptions {
  readonly key: Key;
  /**
   * `rbf`, for any inputs, learns a metric M = R^T R; `dot`, the paper's unit, learns any M and scales each row to length 1.
   *
   * @default 'rbf'
   */
  readonly kernel?: Kernel;
  /** Rank of M, from 1 to d. @default d */
  readonly rank?: number;
  /** Names of the features, for errors. */
  readonly names?: readonly string[];
  /** Steps of Adam at most. @default 300 */
  readonly steps?: number;
  /** Tasks a step. @default 50 */
  readonly batch?: number;
  /** Rate of Adam. @default 0.05, and 0.3 where M itself is trained (`dot` of full rank) */
  readonly learningRate?: number;
  /** Share of the tasks, not of their rows, that is held out to choose the step to stop at. @default 0.2 */
  readonly holdOut?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: { step: number; steps: number; loss: number }) => void) | undefined;
  /** @default 'auto' */
  readonly engine?: ExecutionChoice;
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
  const { steps = 300, batch = 50, holdOut = 0.2 } = options;
  checkCount(steps, { argument: 'steps', where: 'fitTasks' });
  checkCount(batch, { argument: 'batch', where: 'fitTasks' });
  const { prepared, scaling, rows } = preparedTasks(tasks, { kernel, ...(names && { names }) });
  const dimension = scaling.transform.shape[1]!;
  const { rank = dimension } = options;
  checkCount(rank, { argument: 'rank', where: 'fitTasks', most: dimension });
  const form = metricForm(kernel, { dimension, rank });
  const { learningRate = form.learningRate } = options;
  checkNumber(learningRate, { argument: 'learningRate', where: 'fitTasks', above: 0 });
  const order = permutation(foldIn(key, 0), prepared.length);
  const held = Math.min(prepared.length - 1, Math.max(1, Math.round(holdOut * prepared.length)));
  const validation = Array.from(order.subarray(0, held), (at) => prepared[at]!);
  const training = Array.from(order.subarray(held), (at) => prepared[at]!);

  const start = tidyTree(() => form.init(foldIn(key, 2)));
  const heldOut = batchOf(validation, { rows, dimension });
  const learning = await trainer<MetricParams, Batch>({
    params: start,
    optimizer: adam({ learningRate }),
    loss: (params, each) => leaveOneOutLoss(form.scores(params, each.x), each),
    ...(engine && { engine }),
  });
  const losses: number[] = [];
  let best: { matrix: Array64; loss: number; step: number } | undefined;
  const look = async (step: number): Promise<void> =>
    learning.look(async ({ params }) => {
      const loss = tf.tidy(() => leaveOneOutLoss(form.scores(params, heldOut.x), heldOut));
      const [value = NaN] = await loss.data();
      loss.dispose();
      if (best && value >= best.loss) return;
      best = { step, loss: value, matrix: form.matrix(await arraysOf(params)) };
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
  const { matrix, loss, step } = best!;
  return {
    unit: softmaxUnit({ matrix, kernel }),
    scaling,
    validationLoss: loss,
    bestStep: step,
    losses,
  };
}

/** Mean over the rows that count of (leave-one-out attention - y)^2; differentiable, and reads no value. */
function leaveOneOutLoss(scores: Tensor, { y, mask, diagonal }: Omit<Batch, 'x'>): Tensor {
  const hidden = tf.add(diagonal, tf.expandDims(tf.sub(1, mask), 1));
  const weights = tf.softmax(tf.sub(scores, tf.mul(hidden, 1e9)));
  const predicted = tf.squeeze(tf.matMul(weights, tf.expandDims(y, 2)), [2]);
  return tf.div(tf.sum(tf.mul(tf.squaredDifference(predicted, y), mask)), tf.sum(mask));
}

async function arraysOf(params: MetricParams): Promise<Record<string, Array64>> {
  const arrays: Record<string, Array64> = {};
  for (const [name, tensor] of Object.entries(params)) {
    const { data } = await fromTensor(tensor);
    arrays[name] = { shape: [...tensor.shape], data: Float64Array.from(data as Float32Array) };
  }
  return arrays;
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
