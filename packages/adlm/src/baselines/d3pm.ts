import { tf, type Tensor } from '@lab/tensor-core';
import { foldIn } from '@lab/tensor-core/random';
import {
  assertClean,
  crossEntropy,
  logLinearMasking,
  maskingTimes,
  maskTokens,
  type TokenTransformerParams,
} from '@lab/diffusion-core/discrete';
import type { MaskedLanguageModel } from '../model/types';
import { countedTokens } from '../objective/masked-batch';
import type { MdlmOptions } from './mdlm';
import { timedModel } from './timed-model';

export interface D3pmOptions extends Omit<MdlmOptions, 'schedule' | 'antithetic' | 'spread'> {
  /** Steps of the discrete process. @default 1000 */
  readonly steps?: number;
}

export interface D3pmBatch {
  /** int32 [B, L] */
  readonly tokens: Tensor;
  readonly noisy: Tensor;
  /** Of sum 1, [B, L]. */
  readonly weights: Tensor;
  /** [B, 1] each: the time, and the chance of being unmasked at it and a step before. */
  readonly t: Tensor;
  readonly totalNoise: Tensor;
}

/**
 * The loss of absorbing D3PM at a masked place, `steps` times its share of the variational bound (Austin et al. 2021, as the
 * MDLM release has it): a plain softmax, so that the mask itself may be predicted.
 *
 * @param logProbability log of the prediction's probability of the token, [B, L]
 * @param maskProbability its probability of the mask, [B, L]
 * @param t times in (0, 1), [B, 1]
 */
export function d3pmLoss(
  logProbability: Tensor,
  maskProbability: Tensor,
  { t, steps }: { readonly t: Tensor; readonly steps: number },
): Tensor {
  return tf.tidy(() => {
    const dt = 1 / steps;
    const before = tf.sub(t, dt);
    const logOf = (alpha: Tensor, time: Tensor): Tensor =>
      tf.log(tf.add(tf.mul(tf.div(alpha, time), maskProbability), 1));
    const now = logOf(tf.sub(1, t), t);
    // In the first step the time before is 0 and the whole term has weight 0.
    const safe = tf.maximum(before, dt * 1e-3);
    const earlier = logOf(tf.sub(1, safe), safe);
    const share = tf.div(dt, t);
    const rest = tf.mul(tf.sub(1, share), tf.sub(now, earlier));
    const isLater = tf.cast(tf.greater(before, dt * 1e-2), 'float32');
    return tf.mul(steps, tf.add(tf.mul(share, tf.sub(now, logProbability)), tf.mul(isLater, rest)));
  });
}

/**
 * The D3PM-absorb baseline: a bound of 1,000 steps, told of the noise level, with a plain softmax over all ids, and the
 * reconstruction of the clean tokens. Where it predicts the mask, masks stay.
 */
export function d3pm({
  steps = 1000,
  ...options
}: D3pmOptions): MaskedLanguageModel<TokenTransformerParams, D3pmBatch> {
  const { vocabSize, maskId = vocabSize - 1 } = options;
  const schedule = logLinearMasking();
  return timedModel<D3pmBatch>(options, {
    name: 'D3PM',
    batch(tokens, { key, mask }) {
      assertClean(tokens, { vocabSize, maskId });
      const shape = tokens.shape as [number, number];
      const drawn = maskingTimes(shape[0], { key: foldIn(key, 0), least: 0 });
      const times = drawn.map((u) => Math.min(1 - 1e-4, (1 + Math.floor(u * steps)) / steps));
      const alpha = Array.from(times, (t) => 1 - t);
      const noisy = maskTokens(tokens, { maskId, alpha, key: foldIn(key, 1) });
      return {
        tokens: tf.tensor2d(tokens.data, shape, 'int32'),
        noisy: tf.tensor2d(noisy.data, shape, 'int32'),
        weights: tf.tensor2d(countedTokens(tokens, mask), shape),
        t: tf.tensor2d(Array.from(times), [shape[0], 1]),
        totalNoise: tf.tensor1d(Array.from(times, (t) => schedule.totalNoise(t))),
      };
    },
    tokenLosses(network, params, { batch: { tokens, noisy, weights, t, totalNoise }, dropoutKey }) {
      const logits = network.apply(params, noisy, { totalNoise, dropoutKey });
      const logProbability = tf.neg(crossEntropy(logits, tokens));
      const maskProbability = tf.exp(tf.neg(crossEntropy(logits, tf.fill(tokens.shape, maskId, 'int32'))));
      const masked = tf.cast(tf.equal(noisy, maskId), 'float32');
      const diffusion = tf.mul(masked, d3pmLoss(logProbability, maskProbability, { t, steps }));
      const reconstruction = crossEntropy(
        network.apply(params, tokens, { totalNoise: tf.zerosLike(totalNoise), dropoutKey }),
        tokens,
      );
      return tf.mul(weights, tf.add(diffusion, reconstruction));
    },
    unmaskFactor(logits, start) {
      let greatest = Number.NEGATIVE_INFINITY;
      for (let id = 0; id < vocabSize; id++) greatest = Math.max(greatest, logits[start + id]!);
      let total = 0;
      for (let id = 0; id < vocabSize; id++) total += Math.exp(logits[start + id]! - greatest);
      return 1 - Math.exp(logits[start + maskId]! - greatest) / total;
    },
  });
}
