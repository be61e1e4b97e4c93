import { tf, type Tensor } from '@lab/tensor-core';
import { logLinearMasking, withoutMask, type TokenTransformerParams } from '@lab/diffusion-core/discrete';
import type { MaskedLanguageModel } from '../model/types';
import { maskedBatch, type MaskedBatch } from '../objective/masked-batch';
import type { MdlmOptions } from './mdlm';
import { timedModel } from './timed-model';

/**
 * The score-entropy loss of absorbing diffusion at masked places, [...] (Lou et al. 2024, as the MDLM release has it). With
 * `q_y = exp(logit_y) / (V - 1)`, which is the score relative to the schedule's `r = 1 / (e^sigma - 1)`, it is
 * `R r (sum of q - log q_target - 1)`, so that the weight of a masked place is that of the likelihood bound.
 *
 * @param logits [..., vocabSize]
 * @param targets int32 [...]
 */
export function scoreEntropy(logits: Tensor, targets: Tensor, maskId: number): Tensor {
  return tf.tidy(() => {
    const vocabSize = logits.shape.at(-1)!;
    const logRatio = tf.sub(withoutMask(logits, maskId), Math.log(vocabSize - 1));
    const chosen = tf.sum(tf.mul(logRatio, tf.oneHot(tf.cast(targets, 'int32'), vocabSize)), -1);
    return tf.sub(tf.sub(tf.sum(tf.exp(logRatio), -1), chosen), 1);
  });
}

/**
 * One step of SEDD's analytic sampler at a masked place, from its scores relative to the mask: the chances of each token,
 * and of staying masked at `maskId`. `noise` and `noiseNext` are total noises, `noiseNext` the smaller one.
 */
export function analyticStep(
  scores: Float64Array,
  { maskId, noise, noiseNext }: { maskId: number; noise: number; noiseNext: number },
): Float64Array {
  const growth = Math.expm1(noise - noiseNext);
  const chances = scores.map((score, id) => (id === maskId ? 0 : growth * score));
  chances[maskId] = 1 - chances.reduce((sum, each) => sum + each, 0);
  return chances;
}

/**
 * The SEDD-absorb baseline: scores instead of probabilities, told of the noise level. A mask is unmasked as fast as its
 * scores sum to, which is the analytic sampler.
 */
export function sedd(options: MdlmOptions): MaskedLanguageModel<TokenTransformerParams, MaskedBatch> {
  const { vocabSize, maskId = vocabSize - 1, schedule = logLinearMasking(), antithetic, spread } = options;
  const process = { vocabSize, maskId, schedule, antithetic, spread };
  return timedModel<MaskedBatch>(options, {
    name: 'SEDD',
    batch: (tokens, { key, mask }) => maskedBatch(tokens, { ...process, key, mask }),
    tokenLosses(network, params, { batch: { tokens, noisy, weights, totalNoise }, dropoutKey }) {
      const logits = network.apply(params, noisy, { totalNoise, dropoutKey });
      const masked = tf.cast(tf.equal(noisy, maskId), 'float32');
      return tf.mul(weights, tf.mul(masked, scoreEntropy(logits, tokens, maskId)));
    },
    unmaskFactor(logits, start) {
      let sum = 0;
      for (let id = 0; id < vocabSize; id++) if (id !== maskId) sum += Math.exp(logits[start + id]!);
      return sum / (vocabSize - 1);
    },
  });
}
