import {
  adam,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  disposeTree,
  fit,
  tf,
  warmup,
  type GradientTransformation,
  type Tensor,
} from '@lab/tensor-core';
import { foldIn, randint, type Key } from '@lab/tensor-core/random';
import {
  arrayData,
  cosineLevels,
  drawTimes,
  gridTimes,
  levelledBatch,
  mlpDenoiser,
  networkDenoiser,
  signalLevelSchedule,
  tensorSpace,
  timeSeriesTransformer,
  trainDenoiser,
  type Denoiser,
  type DenoisingNetwork,
  type LevelledBatch,
  type Metadata,
} from '@lab/diffusion-core';
import { lossDiffTimeLoss, rowPenalty } from '../../baselines';
import type { SeriesTask } from './task';

/**
 * abar = cos^2(0.99 (pi / 2) t / 50): 50 levels, in training and in sampling. On these series the network learns more from them
 * than from CSDI's; the last level stays above 0 because guidance divides by it.
 */
export const schedule = signalLevelSchedule(cosineLevels({ steps: 50, scale: 0.99 }));

export interface ModelSettings {
  readonly network: 'mlp' | 'transformer';
  /** Units of a hidden layer, or width of a token. */
  readonly width: number;
  readonly trainingSteps: number;
}

export interface TrainedModel {
  readonly denoiser: Denoiser<Tensor, Metadata>;
  readonly seconds: number;
  /** Mean loss of the last tenth of the steps. */
  readonly loss: number;
  dispose(): void;
}

export interface TrainOptions extends ModelSettings {
  readonly key: Key;
  readonly signal: AbortSignal;
  readonly onStep: (fraction: number) => void;
}

const batchSize = 64;
const times = { law: gridTimes(50) };

/** The model that all methods but the retrained ones share: it knows nothing of constraints. */
export async function trainFree(task: SeriesTask, options: TrainOptions): Promise<TrainedModel> {
  return trainOn(task, options, undefined);
}

/** DiffTime's model: it is told each training series' constraints. */
export async function trainConditional(task: SeriesTask, options: TrainOptions): Promise<TrainedModel> {
  return trainOn(task, options, task.parameters(task.toRaw(task.train)).shape[1]);
}

async function trainOn(
  task: SeriesTask,
  options: TrainOptions,
  fields: number | undefined,
): Promise<TrainedModel> {
  const { key, signal, onStep, trainingSteps: steps } = options;
  const { denoiser, params, seconds, losses } = await trainDenoiser({
    network: networkFor(task, options, fields),
    schedule,
    predicts: 'v',
    data: dataOf(task, fields),
    steps,
    batchSize,
    optimizer: optimizerFor(steps),
    ema: false,
    times,
    key,
    signal,
    onStep: (event) => onStep(event.step / event.steps),
  });
  return { denoiser, seconds, loss: tailOf(losses), dispose: disposer(denoiser, params) };
}

/** Loss-DiffTime's model: as DiffTime's, and charged for missing the constraints' linear part. */
export async function trainWithPenalty(
  task: SeriesTask,
  { weight, ...options }: TrainOptions & { readonly weight: number },
): Promise<TrainedModel> {
  const { key, signal, onStep, trainingSteps: steps } = options;
  const fields = task.parameters(task.toRaw(task.train)).shape[1]!;
  const network = networkFor(task, options, fields) as DenoisingNetwork<unknown>;
  const data = dataOf(task, fields);
  const rows = tf.tidy(() => tf.transpose(tf.tensor2d(task.rows.map((row) => [...row]))));
  const first = network.init(foldIn(key, 0));
  try {
    const { params, optimizerState, losses, seconds } = await fit<unknown, LevelledBatch<Metadata>>({
      params: first,
      optimizer: optimizerFor(steps),
      loss: (each, batch) =>
        lossDiffTimeLoss(each, batch, {
          network,
          schedule,
          predicts: 'v',
          weight,
          penalty: (mean) => {
            const wanted = tf.matMul(tf.reshape(batch.x0, [batchSize, -1]), rows);
            return rowPenalty(mean, { matrix: rows, lower: wanted, upper: wanted });
          },
        }),
      batches: (_, stepKey) => {
        const indices = randint(foldIn(stepKey, 2), batchSize, { low: 0, high: data.size });
        const { x0, condition } = data.batch(indices);
        const noise = tensorSpace.normal(foldIn(stepKey, 0), x0.shape);
        const t = drawTimes(foldIn(stepKey, 1), batchSize, times);
        return levelledBatch({ x0, noise, t, condition: condition! }, { schedule, predicts: 'v' });
      },
      steps,
      key: foldIn(key, 1),
      signal,
      onStep: (event) => onStep(event.step / event.steps),
    });
    disposeTree(optimizerState);
    const denoiser = networkDenoiser(network, params, { predicts: 'v', schedule });
    return { denoiser, seconds, loss: tailOf(losses), dispose: disposer(denoiser, params) };
  } finally {
    disposeTree(first);
    rows.dispose();
  }
}

/** Frees a model: its weights, and what of it was compiled. */
function disposer(denoiser: Denoiser<Tensor, Metadata>, params: unknown): () => void {
  return () => {
    denoiser.dispose?.();
    disposeTree(params);
  };
}

function networkFor(
  { train }: SeriesTask,
  { network, width }: ModelSettings,
  fields: number | undefined,
): DenoisingNetwork<never> {
  const [, length = 0, channels = 0] = train.shape;
  const metadata = fields === undefined ? {} : { metadata: { continuous: fields } };
  return network === 'mlp'
    ? (mlpDenoiser({ shape: [length, channels], width, ...metadata }) as DenoisingNetwork<never>)
    : (timeSeriesTransformer({ length, channels, width, ...metadata }) as DenoisingNetwork<never>);
}

function dataOf(task: SeriesTask, fields: number | undefined) {
  return fields === undefined
    ? arrayData(task.train)
    : arrayData(task.train, { continuous: task.parameters(task.toRaw(task.train)) });
}

function optimizerFor(steps: number): GradientTransformation {
  const decay = cosineDecay({ from: 2e-3, steps: Math.max(1, steps - 100) });
  return chain(clipByGlobalNorm(1), adam({ learningRate: warmup(decay, { steps: 100 }) }));
}

function tailOf(losses: readonly number[]): number {
  const tail = losses.slice(-Math.ceil(losses.length / 10));
  return tail.reduce((sum, loss) => sum + loss, 0) / tail.length;
}
