import type { Key, Tensor } from '@lab/tensor-core';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import type { LanguageModel } from '../model/types';
import {
  causalLikelihood,
  causalScores,
  type CausalNetwork,
  type CausalSteps,
  type ScoreOptions,
} from './causal-likelihood';
import { causalSample } from './causal-sample';

/** A model that predicts each token from those before it. */
export interface CausalLanguageModel<Params = unknown, Batch = unknown> extends LanguageModel<Params, Batch> {
  readonly maskId: number;
  /** What stands before a sequence: an id, or `first` where its own first token is given. */
  readonly start: number | 'first';
  /** Logits [B, N, vocabSize] of the token after each of the ids [B, N]. */
  nextLogits(params: Params, inputs: Tensor): Tensor;
  /** The log-probability of every token given those before it, row-major [B, L]; 0 for a first token that is given. */
  score(params: Params, tokens: TokenArray, options?: ScoreOptions): Promise<Float64Array>;
  /** The last normalised state [B, N, width], as features of texts. */
  features(params: Params, inputs: Tensor): Tensor;
}

export interface CausalModelParts<Params, Batch> {
  readonly name: string;
  readonly vocabSize: number;
  readonly maskId: number;
  readonly start: number | 'first';
  readonly size: number;
  readonly init: (key: Key) => Params;
  readonly nextLogits: (params: Params, inputs: Tensor) => Tensor;
  readonly features: (params: Params, inputs: Tensor) => Tensor;
  readonly steps: CausalSteps<Params>;
  readonly batch: LanguageModel<Params, Batch>['batch'];
  readonly loss: LanguageModel<Params, Batch>['loss'];
}

export function causalModel<Params, Batch>({
  steps,
  ...parts
}: CausalModelParts<Params, Batch>): CausalLanguageModel<Params, Batch> {
  const { vocabSize, maskId, start, nextLogits } = parts;
  const network: CausalNetwork<Params> = { vocabSize, maskId, start, apply: nextLogits, steps };
  return {
    ...parts,
    likelihood: (params, tokens, options = {}) => causalLikelihood(network, params, { tokens, options }),
    score: async (params, tokens, options = {}) =>
      (await causalScores(network, params, { tokens, options })).scores,
    sample: (params, options) => causalSample(network, params, options),
  };
}
