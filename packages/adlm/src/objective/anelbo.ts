import { tf, type Key, type Scalar, type Tensor } from '@lab/tensor-core';
import { crossEntropy } from '@lab/diffusion-core/discrete';
import type { AnchoredNetwork, AnchoredParams } from '../network/anchored-network';
import type { MaskedBatch } from './masked-batch';
import { maskedLoss } from './masked-loss';

export interface AnelboBatch extends MaskedBatch {
  /** 1 at anchors, [B, L]; for the `masked` reading at masked anchors alone. */
  readonly anchors: Tensor;
  /** The weight of the anchor loss in this step, a scalar. */
  readonly gamma: Tensor;
}

export interface AnelboParts {
  /** `nelbo + gamma anchor` */
  readonly loss: Scalar;
  /** The likelihood bound in nats a token. */
  readonly nelbo: Scalar;
  /** The anchor network's cross-entropy at anchors, with the weights of the bound. */
  readonly anchor: Scalar;
}

/**
 * The training loss, the anchored likelihood bound in continuous time without remasking (eq. 10): for a token of weight w,
 * `w (masked cross-entropy of the prediction + gamma anchors cross-entropy of the anchor logits)`. Its gradient reaches
 * the anchor network both ways. It is not a bound on the likelihood to report: that is its `nelbo` part.
 */
export function anelbo(
  network: AnchoredNetwork,
  params: AnchoredParams,
  { batch, maskId, dropoutKey }: { batch: AnelboBatch; maskId: number; dropoutKey?: Key | undefined },
): AnelboParts {
  const { tokens, noisy, weights, anchors, gamma, masked } = batch;
  const { anchorLogits, logits } = network.stages(params, noisy, { dropoutKey, asked: masked?.places });
  const nelbo = maskedLoss(logits, { batch, maskId });
  const anchor = tf.sum(tf.mul(tf.mul(weights, anchors), crossEntropy(anchorLogits, tokens)));
  return {
    loss: tf.add(nelbo, tf.mul(gamma, anchor)),
    nelbo,
    anchor: anchor as Scalar,
  };
}
