import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import {
  assertClean,
  crossEntropy,
  likelihoodSummary,
  networkRunner,
  withoutMask,
  type KeyValues,
  type Nelbo,
  type NelboOptions,
  type TokenArray,
} from '@lab/diffusion-core/discrete';
import { shifted, type Start } from './causal-batch';

export interface CausalNetwork<Params> extends Start {
  readonly vocabSize: number;
  readonly maskId: number;
  /** Logits [B, N, vocabSize] of the token after each input. */
  apply(params: Params, inputs: Tensor): Tensor;
  /** The same place by place. */
  readonly steps: CausalSteps<Params>;
}

/** A causal network as a function of one place and of what the places before it left. */
export interface CausalSteps<Params> {
  /** What is left before the first place of so many: a tree of tensors, which is the caller's. */
  start(batch: number, length: number): CausalCache;
  /** Logits [B, 1, vocabSize] after the ids [B, 1] at a place, int32 [1]; and what the next place needs. */
  step(
    params: Params,
    ids: Tensor,
    given: { readonly cache: CausalCache; readonly place: Tensor },
  ): CausalStep;
}

/** Keys and values of the blocks of each network. */
export type CausalCache = readonly (readonly KeyValues[])[];

export interface CausalStep {
  readonly logits: Tensor;
  readonly cache: CausalCache;
}

/** The settings of a run of a causal network that matter to scores. */
export type ScoreOptions = Pick<NelboOptions, 'batchSize' | 'engine' | 'signal'>;

/**
 * The log-probability of every token given those before it, row-major [B, L]; 0 for a first token that is given.
 */
export async function causalScores<Params>(
  network: CausalNetwork<Params>,
  params: Params,
  { tokens, options }: { readonly tokens: TokenArray; readonly options: ScoreOptions },
): Promise<{ readonly scores: Float64Array; readonly modelCalls: number }> {
  assertClean(tokens, network);
  const { batchSize = 16, engine, signal } = options;
  const { batch, places, inputs, targets } = shifted(tokens, network);
  const length = tokens.shape[1]!;
  const runner = networkRunner<Params, Tensor>({
    apply: (weights, x, _, next) =>
      crossEntropy(withoutMask(network.apply(weights, x), network.maskId), next!),
  });
  const scores = new Float64Array(batch * length);
  let modelCalls = 0;
  try {
    for (let first = 0; places > 0 && first < batch; first += batchSize) {
      if (signal?.aborted)
        throw new LabError('aborted', "scoring was aborted by the caller's signal", { cause: signal.reason });
      const rows = Math.min(batchSize, batch - first);
      const part = (data: Int32Array): Tensor =>
        tf.tensor2d(data.slice(first * places, (first + rows) * places), [rows, places], 'int32');
      const [x, condition] = [part(inputs), part(targets)];
      const losses = runner.call({ params, x, t: 0, condition }, { engine, calls: batch / batchSize });
      const values = await losses.data();
      tf.dispose([x, condition, losses]);
      modelCalls += 1;
      for (let i = 0; i < values.length; i++) {
        const row = first + Math.floor(i / places);
        scores[row * length + (i % places) + (length - places)] = -values[i]!;
      }
    }
  } finally {
    runner.dispose();
  }
  return { scores, modelCalls };
}

/** The exact likelihood of an autoregressive model: the sum of its cross-entropies. Draws nothing. */
export async function causalLikelihood<Params>(
  network: CausalNetwork<Params>,
  params: Params,
  { tokens, options }: { readonly tokens: TokenArray; readonly options: NelboOptions },
): Promise<Nelbo> {
  const { scores, modelCalls } = await causalScores(network, params, { tokens, options });
  const [batch, length] = tokens.shape as [number, number];
  const perSequence = new Float64Array(batch);
  const counted = new Float64Array(batch);
  for (let at = 0; at < scores.length; at++) {
    const isGiven = network.start === 'first' && at % length === 0;
    if (isGiven || (options.mask?.[at] ?? 1) === 0) continue;
    perSequence[Math.floor(at / length)]! -= scores[at]!;
    counted[Math.floor(at / length)]! += 1;
  }
  return likelihoodSummary(perSequence, { counted, modelCalls });
}
