import { tf, type Key, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn } from '@lab/tensor-core/random';
import {
  assertClean,
  evenMaskingTime,
  logLinearMasking,
  maskingTimes,
  maskTokens,
  type MaskingSchedule,
  type TokenArray,
} from '@lab/diffusion-core/discrete';
import { leastAndMost, maskedPlaces, type MaskedPlaces } from './masked-places';

/** A training batch of masked diffusion, as tensors: what changes from step to step. */
export interface MaskedBatch {
  /** Clean ids, int32 [B, L]. */
  readonly tokens: Tensor;
  /** The same partly masked. */
  readonly noisy: Tensor;
  /** Weight of each token's loss, [B, L]: that of its time, over the number of tokens that count. */
  readonly weights: Tensor;
  /** Total noise of each sequence, [B]. */
  readonly totalNoise: Tensor;
  /** The masked tokens alone, so that nothing is computed for the others that the loss does not need. @default all places */
  readonly masked?: MaskedPlaces | undefined;
}

/** How training draws its times. */
export interface MaskingTimes {
  /** @default logLinearMasking() */
  readonly schedule?: MaskingSchedule | undefined;
  /** One time in each equal part of [1e-3, 1] instead of independent times. @default true */
  readonly antithetic?: boolean | undefined;
  /**
   * `even`: uniform times. `masks`: uniform in the logarithm of the chance of masking, whose weight is the same for all
   * times (the importance sampling and the change of variables of MDLM's release, which are one). @default 'even'
   */
  readonly spread?: 'even' | 'masks' | undefined;
}

export interface MaskedBatchOptions extends MaskingTimes {
  readonly vocabSize: number;
  readonly maskId: number;
  readonly key: Key;
  /** 1 at tokens that count, row-major [B, L]; padding is 0. @default all */
  readonly mask?: ArrayLike<number> | undefined;
}

/**
 * Masks clean tokens for one step of training, on the host and in double precision: a time for each sequence, a mask for
 * each token with the chance of that time, and the weight of the loss (Sahoo et al. 2024, eq. 10).
 *
 * @throws LabError `argument` for tokens that contain the mask, or when no token counts
 */
export function maskedBatch(
  tokens: TokenArray,
  {
    vocabSize,
    maskId,
    key,
    schedule = logLinearMasking(),
    mask,
    antithetic = true,
    spread = 'even',
  }: MaskedBatchOptions,
): MaskedBatch {
  assertClean(tokens, { vocabSize, maskId });
  const [batch, length] = tokens.shape as [number, number];
  const weights = countedTokens(tokens, mask);
  const drawn = maskingTimes(batch, {
    key: foldIn(key, 0),
    antithetic,
    ...(spread === 'masks' && { least: 0 }),
  });
  const times = spread === 'even' ? drawn : drawn.map((u) => evenMaskingTime(u, schedule));
  // d/du of log(1 - alpha) is constant in u, so the weight of every time is that constant
  const [least, most] = leastAndMost(schedule);
  const span = Math.log(most / least);
  for (let i = 0; i < weights.length; i++) {
    weights[i]! *= spread === 'even' ? schedule.lossWeight(times[Math.floor(i / length)]!) : span;
  }
  const noisy = maskTokens(tokens, {
    maskId,
    alpha: Array.from(times, (t) => schedule.alpha(t)),
    key: foldIn(key, 1),
  });
  return {
    tokens: tf.tensor2d(tokens.data, [batch, length], 'int32'),
    noisy: tf.tensor2d(noisy.data, [batch, length], 'int32'),
    weights: tf.tensor2d(weights, [batch, length]),
    totalNoise: tf.tensor1d(Array.from(times, (t) => schedule.totalNoise(t))),
    masked: maskedPlaces({ tokens, noisy, weights }, { maskId, schedule, antithetic, spread }),
  };
}

/** One over the number of tokens that count at those, 0 at the others. */
export function countedTokens(tokens: TokenArray, mask?: ArrayLike<number>): Float32Array {
  if (mask && mask.length !== tokens.data.length)
    throw new LabError('shape', 'mask has one entry a token', {
      argument: 'mask',
      expected: tokens.data.length,
      received: mask.length,
    });
  const counts = Float32Array.from(tokens.data, (_, i) => ((mask?.[i] ?? 1) === 0 ? 0 : 1));
  const total = counts.reduce((sum, each) => sum + each, 0);
  if (total === 0)
    throw new LabError('argument', 'the mask leaves no token that counts', { argument: 'mask' });
  return counts.map((each) => each / total);
}
