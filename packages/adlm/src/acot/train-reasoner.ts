import {
  adamw,
  cloneTree,
  disposeTree,
  fit,
  type ExecutionChoice,
  type FitEvent,
  type Key,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, randint } from '@lab/tensor-core/random';
import type { TokenTransformerParams } from '@lab/diffusion-core/discrete';
import type { ReasoningExample } from './example';
import type { Reasoner, ReasoningBatch } from './reasoner';

export interface TrainReasonerOptions {
  /** One stage after the other, each with its examples; the optimiser starts anew with each. */
  readonly stages: readonly { readonly examples: readonly ReasoningExample[]; readonly steps: number }[];
  /** An id for places behind an example's end. */
  readonly padding: number;
  /** @default 32 */
  readonly batchSize?: number;
  /** @default 1e-4 */
  readonly learningRate?: number;
  /** @default 0.01 */
  readonly weightDecay?: number;
  /** Weights to start from; they stay the caller's. @default drawn */
  readonly params?: TokenTransformerParams;
  /**
   * Scores weights, which stay the training's; higher is better, such as the accuracy on held-out questions. The best
   * weights of the last stage are returned, as in the paper. @default the last weights
   */
  readonly validate?: ((params: TokenTransformerParams) => number | Promise<number>) | undefined;
  /** Steps of the last stage between two validations; there is always one at its end. @default its steps */
  readonly validateEvery?: number | undefined;
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: FitEvent & { readonly stage: number }) => void) | undefined;
  readonly engine?: ExecutionChoice | undefined;
}

export interface TrainedReasoner {
  /** The caller's. */
  readonly params: TokenTransformerParams;
  /** Of each stage. */
  readonly losses: readonly (readonly number[])[];
  /** Scores of `validate`, the steps those of the last stage. */
  readonly validations: readonly { readonly step: number; readonly score: number }[];
}

/**
 * Trains a reasoner stage by stage (section 4.5).
 *
 * @throws LabError `argument` for stages without examples, `numeric` for a score that is no number; as `fit`
 */
export async function trainReasoner(
  model: Reasoner,
  {
    stages,
    padding,
    batchSize = 32,
    learningRate = 1e-4,
    weightDecay = 0.01,
    key,
    validate,
    ...rest
  }: TrainReasonerOptions,
): Promise<TrainedReasoner> {
  if (stages.length === 0 || stages.some(({ examples }) => examples.length === 0))
    throw new LabError('argument', 'a training has at least one stage, and each has examples', {
      argument: 'stages',
      received: stages.map(({ examples }) => examples.length),
    });
  const { signal, onStep, engine } = rest;
  let params = rest.params ? cloneTree(rest.params) : model.init(foldIn(key, 0));
  const losses: (readonly number[])[] = [];
  const validations: { step: number; score: number }[] = [];
  let best: { readonly score: number; readonly params: TokenTransformerParams } | undefined;
  const judge = async (weights: TokenTransformerParams, step: number): Promise<{ score: number }> => {
    const score = await validate!(weights);
    if (Number.isNaN(score))
      throw new LabError('numeric', 'the score of a validation is no number', { argument: 'validate' });
    validations.push({ step, score });
    if (best && score <= best.score) return { score };
    disposeTree(best?.params);
    best = { score, params: cloneTree(weights) };
    return { score };
  };
  try {
    for (const [stage, { examples, steps }] of stages.entries()) {
      const length = Math.max(...examples.map(({ ids }) => ids.length));
      const result = await fit({
        params,
        optimizer: adamw({ learningRate, weightDecay }),
        loss: (p, batch: ReasoningBatch) => model.loss(p, batch),
        batches: (_, at) => {
          const rows = Array.from(randint(at, batchSize, { high: examples.length }));
          return model.batch(
            rows.map((row) => examples[row]!),
            { length, padding },
          );
        },
        steps,
        key: foldIn(key, stage + 1),
        signal,
        engine,
        ...(validate &&
          stage === stages.length - 1 && {
            evaluate: (weights: TokenTransformerParams, { step }: { readonly step: number }) =>
              judge(weights, step),
            evaluateEvery: rest.validateEvery,
          }),
        onStep: (event) => onStep?.({ ...event, stage }),
      });
      disposeTree([params, result.optimizerState]);
      params = result.params;
      losses.push(result.losses);
    }
    if (!best) return { params, losses, validations };
    disposeTree(params);
    return { params: best.params, losses, validations };
  } catch (error) {
    disposeTree([params, best?.params]);
    throw error;
  }
}
