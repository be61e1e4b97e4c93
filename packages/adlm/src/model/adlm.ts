import { tf } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import {
  networkTokenDenoiser,
  sampleTokens,
  type Floats,
  type SampleTokensOptions,
  type SampleTokensResult,
  type TokenDenoiser,
  type TokenPrediction,
} from '@lab/diffusion-core/discrete';
import { anchorsOf, frequencyAnchors } from '../anchors/frequency-anchors';
import type { AnchorSelector } from '../anchors/types';
import {
  anchoredNetwork,
  type AnchoredNetwork,
  type AnchoredNetworkOptions,
  type AnchoredParams,
} from '../network/anchored-network';
import { anchorWeight, type AnchorWeightOptions } from '../objective/anchor-weight';
import { anelbo, type AnelboBatch } from '../objective/anelbo';
import { maskedBatch, type MaskingTimes } from '../objective/masked-batch';
import { maskedModel } from './masked-model';
import type { MaskedLanguageModel } from './types';

export interface AdlmOptions extends AnchoredNetworkOptions, AnchorWeightOptions, MaskingTimes {
  /** @default the last id of the vocabulary */
  readonly maskId?: number;
  /** @default any */
  readonly maxLength?: number;
  /** Which tokens are anchors. @default frequencyAnchors(): at most five times in their sequence */
  readonly anchors?: AnchorSelector;
  /**
   * Where the anchor loss counts. `all` anchors, masked or visible, as in the official release: that also trains the
   * logits at visible places to say what is there, which is all that the second network learns of it. `masked` ones
   * alone, as in the theorem. @default 'all'
   */
  readonly anchorPositions?: 'all' | 'masked';
}

/** A prediction that can be asked for its anchors. */
export interface AnchoredPrediction extends TokenPrediction {
  /**
   * Raw logits of the anchor network for the same tokens, row-major [batch, length, vocabSize]: which words it sees coming.
   * Sampling does not use them, so they are computed when they are asked for.
   */
  readonly anchorLogits: () => Promise<Floats>;
}

export interface Adlm extends MaskedLanguageModel<AnchoredParams, AnelboBatch> {
  readonly network: AnchoredNetwork;
  denoiser(params: AnchoredParams): TokenDenoiser<AnchoredPrediction>;
  sample(
    params: AnchoredParams,
    options: SampleTokensOptions<AnchoredPrediction>,
  ): Promise<SampleTokensResult>;
}

/**
 * The Anchored Diffusion Language Model: the two-stage network, trained by the anchored bound. `gamma: 0` is the same
 * network without anchor loss, the control that the paper's ablation needs.
 *
 * @example
 * const model = adlm({ vocabSize: 28, width: 64, heads: 4, blocks: 4, anchors: frequencyAnchors({ threshold: 2 }) });
 */
export function adlm(options: AdlmOptions): Adlm {
  const { vocabSize, maskId = vocabSize - 1, maxLength, gamma, slope } = options;
  const { schedule, antithetic, spread } = options;
  const { anchors = frequencyAnchors(), anchorPositions = 'all' } = options;
  if (!Number.isInteger(maskId) || maskId < 0 || maskId >= vocabSize)
    throw new LabError('argument', 'the mask is an id of the vocabulary', {
      argument: 'maskId',
      received: maskId,
    });
  const weight: AnchorWeightOptions = {
    ...(gamma !== undefined && { gamma }),
    ...(slope !== undefined && { slope }),
  };
  anchorWeight(0, weight);
  const network = anchoredNetwork(networkOptions(options));
  const model = maskedModel<AnchoredParams, AnelboBatch>({
    name: 'ADLM',
    vocabSize,
    maskId,
    maxLength,
    size: network.size,
    network,
    batch(tokens, { key, progress, mask }) {
      const chosen = Float32Array.from(anchorsOf(anchors, tokens));
      const batch = maskedBatch(tokens, { vocabSize, maskId, key, mask, schedule, antithetic, spread });
      const everywhere = tf.tensor(chosen, [...tokens.shape]);
      const used =
        anchorPositions === 'all'
          ? everywhere
          : tf.tidy(() => tf.mul(everywhere, tf.cast(tf.equal(batch.noisy, maskId), 'float32')));
      if (used !== everywhere) everywhere.dispose();
      return { ...batch, anchors: used, gamma: tf.scalar(anchorWeight(progress, weight)) };
    },
    loss: (params, batch, key) =>
      anelbo(network, params, { batch, maskId, dropoutKey: options.dropout ? key : undefined }).loss,
  });
  const denoiser = (params: AnchoredParams): TokenDenoiser<AnchoredPrediction> => {
    const own = model.denoiser(params);
    const anchorNet = networkTokenDenoiser(
      { apply: (weights: AnchoredParams, z) => network.anchorLogits(weights, z) },
      params,
      { vocabSize, maskId, maxLength },
    );
    return {
      ...own,
      async predict(given, context) {
        const { logits } = await own.predict(given, context);
        const tokens = { shape: given.shape, data: Int32Array.from(given.data) };
        return { logits, anchorLogits: async () => (await anchorNet.predict(tokens, context)).logits };
      },
      dispose() {
        own.dispose?.();
        anchorNet.dispose?.();
      },
    };
  };
  return {
    ...model,
    network,
    denoiser,
    async sample(params, given) {
      const own = denoiser(params);
      return sampleTokens(own, given).finally(() => own.dispose?.());
    },
  };
}

function networkOptions({
  maskId: _maskId,
  maxLength: _maxLength,
  schedule: _schedule,
  antithetic: _antithetic,
  spread: _spread,
  gamma: _gamma,
  slope: _slope,
  anchors: _anchors,
  anchorPositions: _positions,
  ...network
}: AdlmOptions): AnchoredNetworkOptions {
  return network;
}
