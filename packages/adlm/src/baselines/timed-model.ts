import { tf, type Key, type Tensor } from '@lab/tensor-core';
import {
  logLinearMasking,
  networkTokenDenoiser,
  sampleTokens,
  tokenTransformer,
  transformerSize,
  type Floats,
  type TokenArray,
  type TokenDenoiser,
  type TokenTransformer,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import type { BatchOptions, MaskedLanguageModel } from '../model/types';
import type { MdlmOptions } from './mdlm';
import { drawLikelihood } from './draw-likelihood';

export interface TimedModelParts<Batch> {
  readonly name: string;
  readonly batch: (tokens: TokenArray, options: Omit<BatchOptions, 'progress'>) => Batch;
  /** Weighed losses of each token [B, L], whose sum is the training loss; the key drops out. */
  readonly tokenLosses: (
    network: TokenTransformer,
    params: TokenTransformerParams,
    given: { readonly batch: Batch; readonly dropoutKey?: Key | undefined },
  ) => Tensor;
  /** How many times as fast as the schedule a mask with these logits [start, start + vocabSize) is unmasked. */
  readonly unmaskFactor: (logits: Floats, start: number) => number;
}

/** Baselines whose one network is told of the noise level: their losses differ, their samplers in how fast masks go. */
export function timedModel<Batch>(
  options: MdlmOptions,
  { name, batch, tokenLosses, unmaskFactor }: TimedModelParts<Batch>,
): MaskedLanguageModel<TokenTransformerParams, Batch> {
  const { maskId = options.vocabSize - 1, maxLength, schedule = logLinearMasking(), ...rest } = options;
  const { antithetic: _antithetic, spread: _spread, ...sizes } = rest;
  const { vocabSize } = sizes;
  const network = tokenTransformer(sizes);
  const denoiser = (params: TokenTransformerParams): TokenDenoiser => {
    const settings = { vocabSize, maskId, maxLength, timeConditioned: true };
    const plain = networkTokenDenoiser(network, params, settings);
    return {
      ...settings,
      dispose: () => plain.dispose?.(),
      async predict(tokens, context) {
        const { logits } = await plain.predict(tokens, context);
        const factors = Float64Array.from(tokens.data, (id, at) =>
          id === maskId ? unmaskFactor(logits, at * vocabSize) : 1,
        );
        return { logits, unmaskFactor: factors };
      },
    };
  };
  return {
    name,
    vocabSize,
    maskId,
    size: transformerSize(sizes),
    init: (key) => network.init(key),
    batch,
    loss: (params, each, dropoutKey) => tf.sum(tokenLosses(network, params, { batch: each, dropoutKey })),
    denoiser,
    likelihood: (params, tokens, given = {}) =>
      drawLikelihood(
        {
          vocabSize,
          maskId,
          batch,
          tokenLosses: (p: TokenTransformerParams, each: Batch) => tokenLosses(network, p, { batch: each }),
        },
        params,
        { tokens, options: given },
      ),
    async sample(params, given) {
      const own = denoiser(params);
      return sampleTokens(own, { schedule, ...given }).finally(() => own.dispose?.());
    },
  };
}
