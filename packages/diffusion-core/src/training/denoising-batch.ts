import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Prediction, Schedule } from '../types';
import { lossWeight, type Weighting } from './weighting';

/** One batch of the training problem, all randomness in it. */
export interface DenoisingBatch<Condition> {
  /** Clean samples [B, ...]. */
  readonly x0: Tensor;
  /** Standard normal, of x0's shape. */
  readonly noise: Tensor;
  /** [B] times in (0, 1]. */
  readonly t: ArrayLike<number>;
  readonly condition?: Condition;
}

export interface LevelOptions {
  readonly schedule: Schedule;
  /** What the network puts out. */
  readonly predicts: Prediction;
  /** @default as `predicts`: the plain squared error of the output */
  readonly weighting?: Weighting;
  /** As in `networkDenoiser`. @default t itself */
  readonly time?: (t: number) => number;
}

/** A training batch whose times have become what the loss needs of them: a tree of tensors, so that it can be compiled. */
export interface LevelledBatch<Condition> {
  /** Clean samples [B, ...]. */
  readonly x0: Tensor;
  /** Of x0's shape. */
  readonly noise: Tensor;
  /** [B, 1, ...] */
  readonly alpha: Tensor;
  /** [B, 1, ...] */
  readonly sigma: Tensor;
  /** [B] times as the network is told them. */
  readonly time: Tensor;
  /** [B, 1, ...] weights of the squared errors; absent where all are 1. */
  readonly weight?: Tensor;
  readonly condition?: Condition;
}

/**
 * Evaluates the schedule, the weights and what the network is told at a batch's times, on the host: for the `batches` of
 * a training whose loss is `denoisingLoss`. What is compiled sees tensors alone, and a schedule is any function.
 *
 * The new tensors are the caller's; `x0`, `noise` and the condition are the batch's own.
 *
 * @throws LabError `shape` unless there is one time a sample and noise of the samples' shape
 * @example
 * const { params } = await fit({
 *   batches: (step, key) => levelledBatch({ x0, noise, t: drawTimes(key, 64) }, { schedule, predicts: 'v' }),
 *   loss: (params, batch) => denoisingLoss(params, batch, { network, schedule, predicts: 'v' }),
 *   ...settings,
 * });
 */
export function levelledBatch<Condition>(
  { x0, noise, t, condition }: DenoisingBatch<Condition>,
  { schedule, predicts, weighting = predicts, time = (each) => each }: LevelOptions,
): LevelledBatch<Condition> {
  const batch = x0.shape[0];
  if (t.length !== batch || noise.shape.join() !== x0.shape.join())
    throw new LabError('shape', 'a training batch needs one time a sample and noise of the samples shape', {
      expected: x0.shape,
      received: { noise: noise.shape, t: [t.length] },
    });
  // All that may throw comes before the first tensor.
  const levels = Array.from(t, (each) => ({ alpha: schedule.alpha(each), sigma: schedule.sigma(each) }));
  const weights =
    weighting === predicts ? undefined : levels.map((level) => lossWeight(weighting, { predicts, ...level }));
  const told = Array.from(t, time);
  const column = (values: number[]): Tensor =>
    tf.tensor(values, [batch, ...x0.shape.slice(1).map(() => 1)], 'float32');
  return {
    x0,
    noise,
    alpha: column(levels.map(({ alpha }) => alpha)),
    sigma: column(levels.map(({ sigma }) => sigma)),
    time: tf.tensor1d(told, 'float32'),
    ...(weights && { weight: column(weights) }),
    ...(condition === undefined ? {} : { condition }),
  };
}

/** Whether a batch has its levels already. */
export function isLevelled<Condition>(
  batch: DenoisingBatch<Condition> | LevelledBatch<Condition>,
): batch is LevelledBatch<Condition> {
  return 'alpha' in batch;
}
