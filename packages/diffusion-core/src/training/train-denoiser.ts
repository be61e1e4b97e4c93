import {
  adam,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  disposeTree,
  fit,
  warmup,
  type CheckpointStore,
  type EmaOptions,
  type EvaluateInfo,
  type ExecutionChoice,
  type FitEvent,
  type FitResult,
  type GradientTransformation,
  type Metrics,
  tf,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, uniform, type Key } from '@lab/tensor-core/random';
import { networkDenoiser, type TimedNetwork } from '../networks/network-denoiser';
import { tensorSpace } from '../spaces/tensor-space';
import type { Denoiser, Prediction, Schedule } from '../types';
import { levelledBatch, type LevelledBatch } from './denoising-batch';
import { denoisingLoss } from './denoising-loss';
import { drawTimes, type DrawTimesOptions } from './draw-times';
import { epochIndices, type TrainingData } from './training-data';
import type { Weighting } from './weighting';

/** A network that can be trained from scratch. */
export interface TrainableNetwork<Params, Condition> extends TimedNetwork<Params, Condition> {
  init(key: Key): Params;
}

export interface TrainDenoiserOptions<Params, Condition> {
  readonly network: TrainableNetwork<Params, Condition>;
  readonly schedule: Schedule;
  /** What the network shall put out. */
  readonly predicts: Prediction;
  /** Standardised samples; `arrayData(samples)` for an array. */
  readonly data: TrainingData<Condition>;
  /** Optimisation steps in all. */
  readonly steps: number;
  /** @default 64 */
  readonly batchSize?: number;
  /** @default clipping at a global norm of 1, then Adam with a peak rate of 1e-3, 100 steps of warm-up and cosine decay */
  readonly optimizer?: GradientTransformation;
  /** Averaging of the weights that the denoiser uses; `false` for the last weights. @default { decay: 0.999 } */
  readonly ema?: EmaOptions | false;
  /** @default as `predicts` */
  readonly weighting?: Weighting;
  /** Law and spread of the training times. @default uniform, stratified */
  readonly times?: DrawTimesOptions;
  /** As in `networkDenoiser`. @default t itself */
  readonly time?: (t: number) => number;
  /**
   * Share of samples whose condition is withheld, for classifier-free guidance: their `present` is 0.
   * @default 0
   */
  readonly withhold?: number;
  /** Weights to start from; they stay the caller's. @default network.init */
  readonly params?: Params;
  /** All randomness: weights, order of the data, times, noise. */
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: FitEvent) => void) | undefined;
  /** Where to save to, and to go on from, exactly. @default nowhere */
  readonly checkpoint?: CheckpointStore | undefined;
  /** Steps between checkpoints. @default 500 */
  readonly checkpointEvery?: number | undefined;
  /** Measures the weights during training. */
  readonly evaluate?:
    ((params: Params, info: EvaluateInfo<Params>) => Metrics | Promise<Metrics>) | undefined;
  /** @default steps */
  readonly evaluateEvery?: number | undefined;
  /**
   * How steps are computed, as in tensor-core's `fit`: op by op (`eager`), or as one graph in ONNX Runtime (`compiled`),
   * several times faster and equal up to rounding. A checkpoint of one is gone on from by the other.
   *
   * @default 'auto': compiled for 50 steps or more where onnxruntime-node is installed and the network can be compiled
   */
  readonly engine?: ExecutionChoice | undefined;
  /** Threads of compiled steps, at least 1. @default as `engine({ threads })`, otherwise all cores */
  readonly threads?: number | undefined;
}

export interface TrainedDenoiser<Params, Condition> extends Pick<
  FitResult<Params>,
  'losses' | 'evaluations' | 'steps' | 'seconds' | 'resumedFrom' | 'engine' | 'warnings'
> {
  /** Over `params`; it lives as long as they do. It samples as its caller says, however it was trained. */
  readonly denoiser: Denoiser<Tensor, Condition>;
  /** The averaged weights, or the last ones without averaging; the caller's to dispose with `disposeTree`. */
  readonly params: Params;
}

/**
 * Trains a denoising network: batches in random order, noise and times drawn from `key`, the loss of `denoisingLoss`,
 * tensor-core's `fit`. A run that is called again with the same `checkpoint` ends as if it had not been interrupted.
 *
 * @throws LabError `argument` for settings out of range, `numeric` when the loss is not finite, `aborted`
 * @example
 * const network = mlpDenoiser({ shape: [48, 1] });
 * const data = arrayData({ shape: [600, 48, 1], data: series });
 * const { denoiser, params } = await trainDenoiser({
 *   network, data, schedule: cosineSchedule(), predicts: 'v', steps: 2000, key: key(0),
 * });
 */
export async function trainDenoiser<Params, Condition = unknown>(
  options: TrainDenoiserOptions<Params, Condition>,
): Promise<TrainedDenoiser<Params, Condition>> {
  const { network, schedule, predicts, data, steps, key, time, weighting, withhold = 0 } = options;
  const { batchSize = 64, times, ema = {}, optimizer = defaultOptimizer(steps) } = options;
  if (!(Number.isInteger(batchSize) && batchSize > 0 && withhold >= 0 && withhold <= 1))
    throw new LabError('argument', 'trainDenoiser needs a positive batchSize and withhold in [0, 1]', {
      received: { batchSize, withhold },
    });
  const denoises = {
    predicts,
    schedule,
    ...(time ? { time } : {}),
  };
  const objective = { network, ...denoises, ...(weighting === undefined ? {} : { weighting }) };
  const indicesOf = epochIndices(data.size, batchSize);
  const orderKey = foldIn(key, 1);
  const params = options.params ?? network.init(foldIn(key, 0));

  const batches = (step: number, stepKey: Key): LevelledBatch<Condition> => {
    const { x0, condition } = data.batch(indicesOf(orderKey, step));
    const noise = tensorSpace.normal(foldIn(stepKey, 0), x0.shape);
    const t = drawTimes(foldIn(stepKey, 1), batchSize, times);
    if (condition === undefined) return levelledBatch({ x0, noise, t }, objective);
    const known = withheld(condition, { withhold, batchSize, key: foldIn(stepKey, 2) });
    return levelledBatch({ x0, noise, t, condition: known }, objective);
  };
  const { signal, onStep, checkpoint, checkpointEvery, evaluate, evaluateEvery, engine, threads } = options;
  try {
    const fitted = await fit<Params, LevelledBatch<Condition>>({
      params,
      optimizer,
      loss: (each, batch) => denoisingLoss(each, batch, objective),
      batches,
      steps,
      key: foldIn(key, 2),
      ema: ema === false ? undefined : { decay: 0.999, ...ema },
      signal,
      onStep,
      checkpoint,
      checkpointEvery,
      evaluate,
      evaluateEvery,
      engine,
      threads,
    });
    const { params: last, average, optimizerState, ...report } = fitted;
    disposeTree(optimizerState);
    if (average !== undefined) disposeTree(last);
    const used = average ?? last;
    return { ...report, params: used, denoiser: networkDenoiser(network, used, denoises) };
  } finally {
    if (options.params === undefined) disposeTree(params);
  }
}

function defaultOptimizer(steps: number): GradientTransformation {
  const warmupSteps = Math.max(1, Math.min(100, Math.ceil(steps / 10)));
  const learningRate = warmup(cosineDecay({ from: 1e-3, steps: Math.max(1, steps - warmupSteps) }), {
    steps: warmupSteps,
  });
  return chain(clipByGlobalNorm(1), adam({ learningRate }));
}

/** The condition with `present` drawn, when some of it is to be withheld. */
function withheld<Condition>(
  condition: Condition,
  { withhold, batchSize, key }: { withhold: number; batchSize: number; key: Key },
): Condition {
  if (withhold === 0) return condition;
  const present = uniform(key, batchSize).map((u) => (u < withhold ? 0 : 1));
  return { ...condition, present: tf.tensor1d(present) };
}
