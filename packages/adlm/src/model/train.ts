import {
  adamw,
  chain,
  clipByGlobalNorm,
  constantSchedule,
  disposeTree,
  fit,
  warmup,
  type CheckpointStore,
  type Evaluation,
  type ExecutionChoice,
  type FitEvent,
  type GradientTransformation,
  type Key,
  type Metrics,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, randint } from '@lab/tensor-core/random';
import { assertTokens, type TokenArray } from '@lab/diffusion-core/discrete';
import type { LanguageModel } from './types';

export interface TrainOptions<Params> {
  /** Clean sequences [N, L], from which batches are drawn with replacement. */
  readonly tokens: TokenArray;
  /** 1 at tokens that count, row-major [N, L]. @default all */
  readonly mask?: ArrayLike<number>;
  readonly steps: number;
  /** @default 32 */
  readonly batchSize?: number;
  /** @default 3e-4, the paper's for its sizes */
  readonly learningRate?: number;
  /** Steps over which the learning rate rises to its value. @default 2500, at most a tenth of `steps` */
  readonly warmupSteps?: number;
  /** @default adamw without decay behind a gradient norm of at most 1 */
  readonly optimizer?: GradientTransformation;
  /** Decay of the averaged weights, which rise to it; evaluation and sampling use them. @default 0.9999 */
  readonly emaDecay?: number;
  /** Weights to start from; they stay the caller's. @default drawn */
  readonly params?: Params;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: FitEvent) => void) | undefined;
  /** Where to save to and resume from: a stopped run that is called again ends as one that was not. @default nowhere */
  readonly checkpoint?: CheckpointStore | undefined;
  /** @default 500 */
  readonly checkpointEvery?: number | undefined;
  /** Looks at the averaged weights, which stay the training's, and returns what is worth keeping. */
  readonly evaluate?:
    | ((average: Params, info: { readonly step: number; readonly key: Key }) => Metrics | Promise<Metrics>)
    | undefined;
  /** Steps between evaluations, at least 1; there is always one at the end. @default steps */
  readonly evaluateEvery?: number | undefined;
  /** Compiled where it can be. @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  readonly threads?: number | undefined;
}

/** Where a training ended. The weights belong to the caller. */
export interface Trained<Params> {
  /** The averaged weights: those to evaluate and sample with. */
  readonly average: Params;
  readonly params: Params;
  readonly losses: readonly number[];
  readonly evaluations: readonly Evaluation[];
  readonly seconds: number;
  /** Steps that were done before this call; 0 unless it resumed. */
  readonly resumedFrom: number;
  readonly engine: string;
}

/**
 * Trains any of the models: AdamW, a linear warm-up to a constant rate, gradients of norm at most 1, averaged weights
 * (the settings of section 5 and the official release).
 *
 * @throws LabError as `fit`
 * @example
 * const { average } = await train(model, { tokens, steps: 1000, key: key(0) });
 */
export async function train<Params, Batch>(
  model: LanguageModel<Params, Batch>,
  options: TrainOptions<Params>,
): Promise<Trained<Params>> {
  const { tokens, mask, steps, batchSize = 32, learningRate = 3e-4, emaDecay = 0.9999, key } = options;
  assertTokens(tokens, model.vocabSize);
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new LabError('argument', 'batchSize is a positive integer', {
      argument: 'batchSize',
      received: batchSize,
    });
  const { warmupSteps = Math.min(2500, Math.floor(steps / 10)) } = options;
  const constant = constantSchedule(learningRate);
  const rate = warmupSteps > 0 ? warmup(constant, { steps: warmupSteps }) : constant;
  const optimizer =
    options.optimizer ?? chain(clipByGlobalNorm(1), adamw({ learningRate: rate, weightDecay: 0 }));
  const params = options.params ?? model.init(foldIn(key, 0));
  try {
    const { params: trained, ...result } = await fit({
      params,
      optimizer,
      ema: { decay: emaDecay },
      loss: (p, batch: Batch, at) => model.loss(p, batch, at),
      batches: (step, at) => {
        const rows = randint(foldIn(at, 0), batchSize, { high: tokens.shape[0]! });
        return model.batch(pick(tokens.data, rows, tokens.shape[1]!, Int32Array), {
          key: foldIn(at, 1),
          progress: step / Math.max(1, steps),
          mask: mask && pick(Float32Array.from(mask), rows, tokens.shape[1]!, Float32Array).data,
        });
      },
      steps,
      key: foldIn(key, 1),
      signal: options.signal,
      onStep: options.onStep,
      evaluate:
        options.evaluate &&
        ((_params, { step, key: at, average }) => options.evaluate!(average!, { step, key: at })),
      evaluateEvery: options.evaluateEvery,
      checkpoint: options.checkpoint,
      checkpointEvery: options.checkpointEvery,
      engine: options.engine,
      threads: options.threads,
    });
    disposeTree(result.optimizerState);
    const { average, losses, evaluations, seconds, resumedFrom, engine } = result;
    return { average: average!, params: trained, losses, evaluations, seconds, resumedFrom, engine };
  } finally {
    if (options.params === undefined) disposeTree(params);
  }
}

function pick<Values extends Int32Array | Float32Array>(
  data: Values,
  rows: Int32Array,
  length: number,
  Type: new (size: number) => Values,
): { readonly shape: readonly number[]; readonly data: Values } {
  const picked = new Type(rows.length * length);
  for (const [i, row] of rows.entries())
    picked.set(data.subarray(row * length, (row + 1) * length), i * length);
  return { shape: [rows.length, length], data: picked };
}
