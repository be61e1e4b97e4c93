import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, permutation, uniform64, type Key } from '@lab/tensor-core/random';
import {
  assertClean,
  firstTokens,
  maskedTokenLoss,
  tokenTransformer,
  transformerSize,
  type TokenArray,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import type { LanguageModel } from '../model/types';
import { countedTokens, type MaskingTimes } from '../objective/masked-batch';
import { sampleBlocks } from './block-sampling';
import { blockVisibility } from './block-visibility';
import { drawLikelihood } from './draw-likelihood';
import type { MdlmOptions } from './mdlm';

export interface Bd3lmOptions extends Omit<MdlmOptions, keyof MaskingTimes> {
  /** Tokens a block; divides the length of every sequence. 1 is an autoregressive model, the whole length is MDLM. */
  readonly blockSize: number;
  /**
   * Training draws the time of each block from this part of [0, 1], which trades bias for less noise; for blocks of one
   * token only [1, 1] makes sense, always masked. @default [1e-3, 1]
   */
  readonly times?: readonly [least: number, greatest: number];
}

export interface Bd3lmBatch {
  readonly tokens: Tensor;
  readonly noisy: Tensor;
  readonly weights: Tensor;
}

/**
 * The block diffusion baseline (Arriola et al. 2025): blocks from left to right, each a masked diffusion given the clean
 * blocks before it. Training sees the noisy and the clean sequence side by side in one pass.
 */
export function bd3lm(options: Bd3lmOptions): LanguageModel<TokenTransformerParams, Bd3lmBatch> & {
  readonly maskId: number;
} {
  const { blockSize, times = [1e-3, 1], vocabSize, maskId = vocabSize - 1, maxLength, ...rest } = options;
  const sizes = { ...rest, vocabSize };
  const network = tokenTransformer(sizes);
  const checkLength = (length: number): void => {
    if (!Number.isInteger(blockSize) || blockSize < 1 || length % blockSize !== 0)
      throw new LabError('argument', 'the block size divides the length of sequences', {
        argument: 'blockSize',
        received: { blockSize, length },
      });
  };

  /** Logits of the noisy half, [B, L, vocabSize]. */
  const logits = (
    params: TokenTransformerParams,
    { noisy, clean, dropoutKey }: { noisy: Tensor; clean: Tensor; dropoutKey?: Key | undefined },
  ): Tensor =>
    tf.tidy(() => {
      const length = noisy.shape[1]!;
      const visible = tf.tensor2d(blockVisibility(length, blockSize), [2 * length, 2 * length]);
      const inputs = { visible, segments: 2, dropoutKey };
      const joint = network.features(params, tf.concat([noisy, clean], 1), inputs);
      return network.head(params, tf.slice(joint, [0, 0, 0], [-1, length, -1]));
    });
  const tokenLosses = (
    params: TokenTransformerParams,
    { tokens, noisy, weights }: Bd3lmBatch,
    dropoutKey?: Key,
  ): Tensor => {
    const found = logits(params, { noisy, clean: tokens, dropoutKey });
    return tf.mul(weights, maskedTokenLoss(found, { tokens, noisy, maskId }));
  };
  const batch = (
    tokens: TokenArray,
    {
      key,
      mask,
      interval,
    }: { key: Key; mask?: ArrayLike<number> | undefined; interval: readonly [number, number] | 'counts' },
  ): Bd3lmBatch => {
    assertClean(tokens, { vocabSize, maskId });
    checkLength(tokens.shape[1]!);
    const weights = countedTokens(tokens, mask);
    const noisy = Int32Array.from(tokens.data);
    for (let block = 0; block < noisy.length / blockSize; block++) {
      const own = foldIn(key, block);
      const [draw = 0, ...draws] = uniform64(foldIn(own, 0), blockSize + 1);
      const count = 1 + Math.floor(draw * blockSize);
      const t = interval === 'counts' ? 1 : interval[0] + draw * (interval[1] - interval[0]);
      const chosen =
        interval === 'counts'
          ? Array.from(permutation(foldIn(own, 1), blockSize).subarray(0, count))
          : Array.from({ length: blockSize }, (_, i) => i).filter((i) => draws[i]! < t);
      for (const place of chosen) noisy[block * blockSize + place] = maskId;
      for (let i = 0; i < blockSize; i++)
        weights[block * blockSize + i]! *= interval === 'counts' ? blockSize / count : 1 / t;
    }
    const shape = tokens.shape as [number, number];
    return {
      tokens: tf.tensor2d(tokens.data, shape, 'int32'),
      noisy: tf.tensor2d(noisy, shape, 'int32'),
      weights: tf.tensor2d(weights, shape),
    };
  };

  return {
    name: `BD3LM-${blockSize}`,
    vocabSize,
    maskId,
    size: transformerSize(sizes),
    init: (key) => network.init(key),
    batch: (tokens, { key, mask }) => batch(tokens, { key, mask, interval: times }),
    loss: (params, each, dropoutKey) => tf.sum(tokenLosses(params, each, dropoutKey)),
    async likelihood(params, tokens, { estimator = 'count', ...options } = {}) {
      if (estimator === 'exact')
        throw new LabError('unsupported', 'the bound of block diffusion is estimated', {
          argument: 'estimator',
          hint: "take estimator: 'count', with more samples for less noise",
        });
      // A bound needs all times, whatever part of them training draws from.
      const interval = estimator === 'count' ? 'counts' : ([1e-3, 1] as const);
      return drawLikelihood(
        { vocabSize, maskId, tokenLosses, batch: (part, at) => batch(part, { ...at, interval }) },
        params,
        { tokens, options },
      );
    },
    async sample(params, given) {
      const whole = firstTokens({ vocabSize, maskId, maxLength }, given);
      checkLength(whole.shape[1]!);
      const { shape: _shape, init: _init, ...own } = given;
      return sampleBlocks({ network, params, blockSize, vocabSize, maskId }, whole, own);
    },
  };
}
