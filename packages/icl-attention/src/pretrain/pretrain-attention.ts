import {
  adam,
  cosineDecay,
  disposeTree,
  fit,
  fromTensor,
  tf,
  tidyTree,
  type Execution,
  type ExecutionChoice,
  type Tensor,
} from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { foldIn, type Key } from '@lab/tensor-core/random';
import {
  linearAttention,
  softmaxAttention,
  type PromptTensors,
  type SoftmaxOptions,
} from '../attention/tensors';
import { linearUnit, softmaxUnit, type AttentionUnit } from '../attention/unit';
import { drawPrompts, type DrawPromptsOptions, type Prompts } from '../tasks/prompts';
import { checkCount, checkNumber } from '../theory/checks';
import { inspectMatrix, type MatrixReport } from './inspect';
import { formOf, type AttentionParams, type Parameterization } from './parameters';

export interface PretrainOptions extends Omit<DrawPromptsOptions, 'batch'>, SoftmaxOptions {
  /** Draws tasks, inputs and noise of every step. */
  readonly key: Key;
  /** @default 'softmax' */
  readonly kind?: AttentionUnit['kind'];
  /** @default 'full' */
  readonly parameterization?: Parameterization;
  /** Steps of Adam, from 1. @default 300 */
  readonly steps?: number;
  /** Prompts a step, from 1. @default 200 */
  readonly batch?: number;
  /** Adam's rate at the start. @default 1 for d <= 3, 0.3 above */
  readonly learningRate?: number;
  /**
   * What is left of the rate at the end of half a cosine, above 0 up to 1: the smaller, the less of the sampling noise of
   * the last steps stays in M.
   *
   * @default 0.05
   */
  readonly finalShare?: number;
  /**
   * Inverse window w0 to start from, M = w0 I. Small ones are left so slowly that training seems to have converged
   * (section 3.6).
   *
   * @default 4
   */
  readonly startWindow?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. */
  readonly onStep?: ((event: { step: number; steps: number; loss: number }) => void) | undefined;
  /** As in `fit`. @default 'auto' */
  readonly engine?: ExecutionChoice;
  /** Looks at M while it is trained, at the steps that `inspectEvery` says. */
  readonly onMatrix?: ((event: { step: number; matrix: Array64 }) => void) | undefined;
  /** Steps between looks. @default steps */
  readonly inspectEvery?: number;
}

export interface Pretrained extends MatrixReport {
  readonly unit: AttentionUnit;
  /** Mean squared error of each step's batch. */
  readonly losses: readonly number[];
  readonly seconds: number;
  /** How the steps ran. */
  readonly engine: Execution;
}

interface Batch extends PromptTensors {
  readonly targets: Tensor;
}

/**
 * Pre-trains one attention unit over a family of tasks (section 3.3): each step draws fresh prompts and takes an Adam step
 * on the mean of (h_M(x_q) - f(x_q))^2.
 *
 * @throws LabError `argument` for settings out of range, `aborted` when `signal` fired
 * @example
 * const { unit, window } = await pretrainAttention({
 *   family: affineTasks({ lipschitz: 1 }), covariates: sphere(3), context: 50, noise: 0.3, key: key(0),
 * });
 */
export async function pretrainAttention(options: PretrainOptions): Promise<Pretrained> {
  const { covariates, kind = 'softmax', parameterization = 'full', kernel, includeQuery, key } = options;
  const { dimension } = covariates;
  const { steps = 300, batch = 200, startWindow = 4, signal, onStep, engine, onMatrix } = options;
  const { learningRate = dimension <= 3 ? 1 : 0.3, finalShare = 0.05, inspectEvery = steps } = options;
  checkCount(steps, { argument: 'steps', where: 'pretrainAttention' });
  checkCount(batch, { argument: 'batch', where: 'pretrainAttention' });
  checkNumber(learningRate, { argument: 'learningRate', where: 'pretrainAttention', above: 0 });
  checkNumber(finalShare, { argument: 'finalShare', where: 'pretrainAttention', above: 0 });
  checkNumber(startWindow, { argument: 'startWindow', where: 'pretrainAttention', above: 0 });
  const form = formOf(parameterization);
  const own: SoftmaxOptions = {
    ...(kernel && { kernel }),
    ...(includeQuery !== undefined && { includeQuery }),
  };

  const predict = (matrix: Tensor, prompts: PromptTensors): Tensor =>
    kind === 'linear' ? linearAttention(matrix, prompts) : softmaxAttention(matrix, prompts, own);
  const read = async (params: AttentionParams): Promise<Array64> => {
    const matrix = tf.tidy(() => form.matrix(params, dimension));
    try {
      const { data } = await fromTensor(matrix);
      return { shape: [dimension, dimension], data: Float64Array.from(data as Float32Array) };
    } finally {
      matrix.dispose();
    }
  };

  const start = tidyTree(() => form.init(startWindow, { dimension, key: foldIn(key, 1) }));
  try {
    const {
      params,
      optimizerState,
      losses,
      seconds,
      engine: ran,
    } = await fit<AttentionParams, Batch>({
      params: start,
      optimizer: adam({
        learningRate: cosineDecay({ from: learningRate, to: learningRate * finalShare, steps }),
      }),
      loss: (params, prompts) =>
        tf.mean(tf.squaredDifference(predict(form.matrix(params, dimension), prompts), prompts.targets)),
      batches: (_, stepKey) => promptTensors(drawPrompts(stepKey, { ...options, batch })),
      steps,
      key: foldIn(key, 0),
      signal,
      onStep,
      ...(engine && { engine }),
      ...(onMatrix && {
        evaluateEvery: inspectEvery,
        evaluate: async (params: AttentionParams, { step }: { step: number }) => {
          onMatrix({ step, matrix: await read(params) });
          return {};
        },
      }),
    });
    try {
      const matrix = await read(params);
      const unit = kind === 'linear' ? linearUnit({ matrix }) : softmaxUnit({ matrix, ...own });
      return { unit, losses, seconds, engine: ran, ...inspectMatrix(matrix) };
    } finally {
      disposeTree({ params, optimizerState });
    }
  } finally {
    disposeTree(start);
  }
}

/** A batch in the engine's memory; the caller's to free. */
export function promptTensors({ x, y, queries, targets }: Prompts): Batch {
  const tensor = ({ shape, data }: Array64): Tensor =>
    tf.tensor(new Float32Array(data), [...shape], 'float32');
  return { x: tensor(x), y: tensor(y), queries: tensor(queries), targets: tensor(targets) };
}
