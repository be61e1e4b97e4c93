import { tf, type Scalar, type Tensor } from '@lab/tensor-core';
import { crossEntropy, maskedTokenLoss, withoutMask } from '@lab/diffusion-core/discrete';
import { LabError } from '@lab/tensor-core/errors';
import type { MaskedBatch } from './masked-batch';

/**
 * The likelihood bound of a batch in nats a token: the weighed cross-entropy of the prediction at masked tokens. Where the
 * batch says which these are, the network is asked for them alone.
 *
 * @param predict raw logits [B, L, vocabSize], or [K, 1, vocabSize] of K asked places
 * @throws LabError `shape` when a network does not answer for the asked places alone
 */
export function maskedLoss(
  predict: (asked: Tensor | undefined) => Tensor,
  {
    batch: { tokens, noisy, weights, masked },
    maskId,
  }: { readonly batch: Omit<MaskedBatch, 'totalNoise'>; readonly maskId: number },
): Scalar {
  return tf.tidy(() => {
    if (!masked)
      return tf.sum(tf.mul(weights, maskedTokenLoss(predict(undefined), { tokens, noisy, maskId })));
    const logits = predict(masked.places);
    if (logits.size !== masked.places.size * logits.shape.at(-1)!)
      throw new LabError('shape', 'the network gives logits for the places that it is asked for', {
        argument: 'asked',
        expected: [masked.places.size, 1, 'vocabSize'],
        received: logits.shape,
        hint: 'leave `masked` out of the batch for a network that always answers for all places',
      });
    return tf.sum(tf.mul(masked.weights, crossEntropy(withoutMask(logits, maskId), masked.targets)));
  });
}
