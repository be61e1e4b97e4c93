import { tf } from '@lab/tensor-core';
import {
  crossEntropy,
  tokenTransformer,
  transformerSize,
  withoutMask,
  type TokenTransformerOptions,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import { causalBatch, type CausalBatch } from './causal-batch';
import { causalModel, type CausalLanguageModel } from './causal-model';

export interface AutoregressiveOptions extends Omit<
  TokenTransformerOptions,
  'input' | 'causal' | 'conditionWidth'
> {
  /** An id that is never predicted, so that vocabularies are those of the diffusion models. @default the last id */
  readonly maskId?: number;
  /**
   * What stands before a sequence: an id, and all of its tokens are predicted; or `first`, and its own first token is
   * given, as in the official release. @default maskId
   */
  readonly start?: number | 'first';
}

/** The autoregressive baseline: the same transformer, causal, without the noise level; its perplexity is exact. */
export function autoregressive(
  options: AutoregressiveOptions,
): CausalLanguageModel<TokenTransformerParams, CausalBatch> {
  const { vocabSize, maskId = vocabSize - 1, start = maskId, ...rest } = options;
  const sizes: TokenTransformerOptions = { ...rest, vocabSize, causal: true, conditionWidth: false };
  const network = tokenTransformer(sizes);
  return causalModel({
    name: 'AR',
    vocabSize,
    maskId,
    start,
    size: transformerSize(sizes),
    init: (key) => network.init(key),
    nextLogits: (params, inputs) => network.apply(params, inputs),
    features: (params, inputs) => network.features(params, inputs),
    steps: {
      start: (batch, length) => [network.emptyCache(batch, length)],
      step(params, ids, { cache: [own = []], place }) {
        const { logits, cache } = network.step(params, ids, { cache: own, place });
        return { logits, cache: [cache] };
      },
    },
    batch: (tokens, { mask }) => causalBatch(tokens, { vocabSize, maskId, start, mask }),
    loss(params, { inputs, targets, weights }, key) {
      const logits = network.apply(params, inputs, { dropoutKey: options.dropout ? key : undefined });
      return tf.sum(tf.mul(weights, crossEntropy(withoutMask(logits, maskId), targets)));
    },
  });
}
