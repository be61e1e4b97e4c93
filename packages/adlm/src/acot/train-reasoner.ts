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
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((event: FitEvent & { readonly stage: number }) => void) | undefined;
  readonly engine?: ExecutionChoice | undefined;
}

/** Trains a reasoner stage by stage (section 4.5). The weights belong to the caller. */
export async function trainReasoner(
  model: Reasoner,
  {
    stages,
    padding,
    batchSize = 32,
    learningRate = 1e-4,
    weightDecay = 0.01,
    key,
    ...rest
  }: TrainReasonerOptions,
): Promise<{ readonly params: TokenTransformerParams; readonly losses: readonly (readonly number[])[] }> {
  if (stages.length === 0 || stages.some(({ examples }) => examples.length === 0))
    throw new LabError('argument', 'a training has at least one stage, and each has examples', {
      argument: 'stages',
      received: stages.map(({ examples }) => examples.length),
    });
  const { signal, onStep, engine } = rest;
  let params = rest.params ? cloneTree(rest.params) : model.init(foldIn(key, 0));
  const losses: (readonly number[])[] = [];
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
        onStep: (event) => onStep?.({ ...event, stage }),
      });
      disposeTree([params, result.optimizerState]);
      params = result.params;
      losses.push(result.losses);
    }
    return { params, losses };
  } catch (error) {
    disposeTree(params);
    throw error;
  }
}
