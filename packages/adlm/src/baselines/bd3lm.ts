import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, permutation, uniform64, type Key } from '@lab/tensor-core/random';
import {
  assertClean,
  maskedTokenLoss,
  networkTokenDenoiser,
  sampleTokens,
  tokenTransformer,
  transformerSize,
  type SampleTokensResult,
  type TokenArray,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import type { LanguageModel } from '../model/types';
import { countedTokens } from '../objective/masked-batch';
import { blockVisibility } from './block-visibility';
import { drawLikelihood } from './draw-likelihood';
import type { MdlmOptions } from './mdlm';

export interface Bd3lmOptions extends Omit<MdlmOptions, 'schedule'> {
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
  const logits = (params: TokenTransformerParams, noisy: Tensor, clean: Tensor): Tensor =>
    tf.tidy(() => {
      const length = noisy.shape[1]!;
      const visible = tf.tensor2d(blockVisibility(length, blockSize), [2 * length, 2 * length]);
      const joint = network.features(params, tf.concat([noisy, clean], 1), { visible, segments: 2 });
      return network.head(params, tf.slice(joint, [0, 0, 0], [-1, length, -1]));
    });
  const tokenLosses = (params: TokenTransformerParams, { tokens, noisy, weights }: Bd3lmBatch): Tensor =>
    tf.mul(weights, maskedTokenLoss(logits(params, noisy, tokens), { tokens, noisy, maskId }));
  const batch = (
    tokens: TokenArray,
    { key, mask, counted }: { key: Key; mask?: ArrayLike<number> | undefined; counted: boolean },
  ): Bd3lmBatch => {
    assertClean(tokens, { vocabSize, maskId });
    checkLength(tokens.shape[1]!);
    const weights = countedTokens(tokens, mask);
    const noisy = Int32Array.from(tokens.data);
    for (let block = 0; block < noisy.length / blockSize; block++) {
      const own = foldIn(key, block);
      const [draw = 0, ...draws] = uniform64(foldIn(own, 0), blockSize + 1);
      const t = times[0] + draw * (times[1] - times[0]);
      const count = 1 + Math.floor(draw * blockSize);
      const chosen = counted
        ? Array.from(permutation(foldIn(own, 1), blockSize).subarray(0, count))
        : Array.from({ length: blockSize }, (_, i) => i).filter((i) => draws[i]! < t);
      for (const place of chosen) noisy[block * blockSize + place] = maskId;
      for (let i = 0; i < blockSize; i++)
        weights[block * blockSize + i]! *= counted ? blockSize / count : 1 / t;
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
    batch: (tokens, { key, mask }) => batch(tokens, { key, mask, counted: false }),
    loss: (params, each) => tf.sum(tokenLosses(params, each)),
    likelihood: (params, tokens, { estimator: _, ...given } = {}) =>
      drawLikelihood(
        { vocabSize, maskId, tokenLosses, batch: (part, at) => batch(part, { ...at, counted: true }) },
        params,
        { tokens, options: given },
      ),
    async sample(params, given) {
      const [rows = 0, length = 0] = given.init?.shape ?? given.shape ?? [];
      checkLength(length);
      // What is right of a block is not seen by it, so the sequence may end with the block.
      const denoiser = networkTokenDenoiser(
        { apply: (weights: TokenTransformerParams, z: Tensor) => logits(weights, z, z) },
        params,
        { vocabSize, maskId, maxLength },
      );
      const { shape: _shape, init: _init, ...own } = given;
      const whole = new Int32Array(rows * length).fill(maskId);
      if (given.init) whole.set(given.init.data);
      try {
        return await blocks({ shape: [rows, length], data: whole }, (init, at) =>
          sampleTokens(denoiser, { ...own, init, key: foldIn(given.key, at) }),
        );
      } finally {
        denoiser.dispose?.();
      }
    },
  };

  /** Block after block; `steps` are those of one block. */
  async function blocks(
    whole: TokenArray,
    fill: (init: TokenArray, block: number) => Promise<SampleTokensResult>,
  ): Promise<SampleTokensResult> {
    const [rows, length] = whole.shape as [number, number];
    let cost = { modelCalls: 0, sequencesPredicted: 0, steps: 0, seconds: 0, filledLast: 0 };
    for (let end = blockSize; end <= length; end += blockSize) {
      const data = new Int32Array(rows * end);
      for (let row = 0; row < rows; row++)
        data.set(whole.data.subarray(row * length, row * length + end), row * end);
      if (!data.includes(maskId)) continue;
      const { samples, ...own } = await fill({ shape: [rows, end], data }, end / blockSize);
      for (let row = 0; row < rows; row++)
        whole.data.set(samples.data.subarray(row * end, (row + 1) * end), row * length);
      cost = {
        modelCalls: cost.modelCalls + own.modelCalls,
        sequencesPredicted: cost.sequencesPredicted + own.sequencesPredicted,
        steps: cost.steps + own.steps,
        seconds: cost.seconds + own.seconds,
        filledLast: cost.filledLast + own.filledLast,
      };
    }
    return { samples: whole, ...cost };
  }
}
