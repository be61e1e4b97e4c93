import { tf, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Control } from '@lab/diffusion-core';
import { differentiableEstimate } from '../problems/differentiable-estimate';
import type { LatentModel } from '../problems/image-problem';

/** What a network sees at each place of images [B, H, W, C]: [B, places, size], differentiable. */
export type FeatureExtractor = (images: Tensor) => Tensor;

/**
 * How far each place of `a` is from being recognised among all places of `b`: the mean over places of `-log softmax_j(cos(a_i,
 * b_j) / temperature)` at j = i, a contrast of the same place with all others. [B, places, size] twice to [B].
 *
 * @throws LabError `shape` when the two are not alike
 */
export function patchContrast(a: Tensor, b: Tensor, { temperature = 0.07 } = {}): Tensor {
  if (a.rank !== 3 || a.shape.join() !== b.shape.join())
    throw new LabError('shape', 'patchContrast: features [batch, places, size] of two images alike', {
      received: [a.shape, b.shape],
    });
  return tf.tidy(() => {
    const unit = (x: Tensor): Tensor => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12)));
    const [one, other] = [unit(a), unit(b)];
    const logits = tf.div(tf.matMul(one, other, false, true), temperature);
    const same = tf.div(tf.sum(tf.mul(one, other), -1), temperature);
    return tf.mean(tf.sub(tf.logSumExp(logits, -1), same), 1);
  });
}

export interface ContentPullOptions extends LatentModel {
  readonly features: FeatureExtractor;
  /** The images whose content is kept, [B, H, W, C]; they stay the caller's. */
  readonly source: Tensor;
  /** nu; it is divided by the latent's number of entries. @default 2 */
  readonly weight?: number;
  /**
   * In the place of `weight`: the length of every step as a share of the state's own, so that it does not depend on how large the
   * gradient is, which differs by orders of magnitude between models.
   */
  readonly share?: number;
  /** Of the contrast. @default 0.07 */
  readonly temperature?: number;
}

/**
 * STSL-CAT's second loss as a control: after a step, one gradient step on `nu / d` times the contrast between the features of
 * the estimated image and of the source. The paper names a contrastive loss on a vision transformer's features and gives nu
 * = 2; the contrast of places is our reading of it, under which a nu of 2 hardly moves an image: `share` says how far.
 *
 * @throws LabError `argument`
 */
export async function contentPull({
  features,
  source,
  weight = 2,
  share,
  temperature = 0.07,
  ...model
}: ContentPullOptions): Promise<Control> {
  if (!(weight >= 0 && temperature > 0 && (share ?? 0) >= 0))
    throw new LabError(
      'argument',
      'contentPull: weight and share are not negative and temperature positive',
      {
        received: { weight, share, temperature },
      },
    );
  // Kept as plain numbers, so that the control holds no tensor.
  const seen = tf.tidy(() => features(source));
  const { shape } = seen;
  const kept = new Float32Array(await seen.data());
  seen.dispose();
  const estimateAt = differentiableEstimate(model);
  return {
    name: 'content',
    state(xNext, { tNext: t, condition }) {
      // At t = 0 the state is the clean latent, and no score is left.
      if (t === 0) return xNext;
      const entries = xNext.size / xNext.shape[0];
      const inner = xNext.shape.slice(1).map((_, axis) => axis + 1);
      return tf.tidy(() => {
        const reference = tf.tensor(kept, shape);
        const { grads } = valueAndGrad((z: Tensor) => {
          const images = model.autoencoder.decode(estimateAt(z, { t, condition }).x0);
          return tf.sum(patchContrast(features(images), reference, { temperature }));
        })(xNext);
        if (share === undefined) return tf.sub(xNext, tf.mul(grads, weight / entries));
        const length = (x: Tensor): Tensor => tf.sqrt(tf.sum(tf.square(x), inner, true));
        const factor = tf.div(tf.mul(length(xNext), share), tf.add(length(grads), 1e-12));
        return tf.sub(xNext, tf.mul(grads, factor));
      });
    },
  };
}
