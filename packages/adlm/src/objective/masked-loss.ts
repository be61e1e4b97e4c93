import { tf, type Scalar, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { crossEntropy, maskedTokenLoss, withoutMask } from '@lab/diffusion-core/discrete';
import type { MaskedBatch } from './masked-batch';

/**
 * The likelihood bound of a batch in nats a token: the weighed cross-entropy of the prediction at masked tokens.
 *
 * @param logits raw, [B, L, vocabSize]; where the batch says which tokens are masked those of `masked.places` alone,
 * [K, 1, vocabSize]
 * @throws LabError `shape` for logits of other places
 * @example
 * const logits = network.apply(params, batch.noisy, { asked: batch.masked?.places });
 * const bound = maskedLoss(logits, { batch, maskId });
 */
export function maskedLoss(
  logits: Tensor,
  { batch, maskId }: { readonly batch: Omit<MaskedBatch, 'totalNoise'>; readonly maskId: number },
): Scalar {
  const { tokens, noisy, weights, masked } = batch;
  const count = masked ? masked.places.size : tokens.size;
  if (logits.size !== count * logits.shape.at(-1)!)
    throw new LabError('shape', 'the loss takes logits of the places that the batch asks for', {
      argument: 'logits',
      expected: masked ? [count, 1, 'vocabSize'] : [...tokens.shape, 'vocabSize'],
      received: logits.shape,
      hint: 'ask the network for `batch.masked.places`, or leave `masked` out of the batch',
    });
  return tf.tidy(() => {
    if (!masked) return tf.sum(tf.mul(weights, maskedTokenLoss(logits, { tokens, noisy, maskId })));
    return tf.sum(tf.mul(masked.weights, crossEntropy(withoutMask(logits, maskId), masked.targets)));
  });
}
