import {
  tokenTransformer,
  transformerSize,
  type TokenTransformerOptions,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import { maskedModel } from '../model/masked-model';
import type { MaskedLanguageModel } from '../model/types';
import { maskedBatch, type MaskedBatch, type MaskingTimes } from '../objective/masked-batch';
import { maskedLoss } from '../objective/masked-loss';

export interface MdlmOptions extends Omit<TokenTransformerOptions, 'input' | 'causal'>, MaskingTimes {
  /** @default the last id of the vocabulary */
  readonly maskId?: number;
  /** @default any */
  readonly maxLength?: number;
}

/** The masked diffusion language model that ADLM builds on (Sahoo et al. 2024): one network, the plain bound. */
export function mdlm(options: MdlmOptions): MaskedLanguageModel<TokenTransformerParams, MaskedBatch> {
  const { maskId = options.vocabSize - 1, maxLength, schedule, antithetic, spread, ...sizes } = options;
  const network = tokenTransformer(sizes);
  const { vocabSize } = options;
  return maskedModel({
    name: 'MDLM',
    vocabSize,
    maskId,
    maxLength,
    size: transformerSize(sizes),
    network,
    batch: (tokens, { key, mask }) =>
      maskedBatch(tokens, { vocabSize, maskId, key, mask, schedule, antithetic, spread }),
    loss(params, batch, key) {
      const dropoutKey = options.dropout ? key : undefined;
      const logits = network.apply(params, batch.noisy, { dropoutKey, asked: batch.masked?.places });
      return maskedLoss(logits, { batch, maskId });
    },
  });
}
