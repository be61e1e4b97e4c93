import { tf, type Tensor, type Tensor1D } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';

export interface FeatureDistanceOptions {
  /** One tensor [C_l] >= 0 for each layer, the channels' weights; without it every channel counts 1. */
  readonly weights?: readonly Tensor[];
  /** Added to each squared norm before the root, against features that are all 0. @default 1e-10 */
  readonly epsilon?: number;
}

/**
 * Perceptual distance of images from the features that a network has of them, one tensor [B, h_l, w_l, C_l] a layer: each
 * position's channels are scaled to norm 1, squared differences are weighted, averaged over positions and summed over
 * layers (Zhang et al. 2018, eq. 1). Returns [B], differentiable, the caller's.
 *
 * With the published network and weights this is LPIPS; with any other network it is a feature distance of that network,
 * and figures do not compare with published ones.
 *
 * @throws LabError `shape` when the two lists of features or the weights do not fit
 */
export function featureDistance(
  a: readonly Tensor[],
  b: readonly Tensor[],
  { weights, epsilon = 1e-10 }: FeatureDistanceOptions = {},
): Tensor1D {
  const fits = a.every(
    (layer, l) =>
      layer.rank === 4 &&
      layer.shape.join() === b[l]?.shape.join() &&
      (!weights || weights[l]?.size === layer.shape[3]),
  );
  if (a.length === 0 || a.length !== b.length || !fits)
    throw new LabError('shape', 'featureDistance: the same layers of features twice, one weight a channel', {
      expected: '[B, h, w, C] a layer, weights [C] a layer',
      received: [
        a.map(({ shape }) => shape),
        b.map(({ shape }) => shape),
        weights?.map(({ shape }) => shape),
      ],
    });
  return tf.tidy(() => {
    const unit = (layer: Tensor): Tensor =>
      tf.div(layer, tf.sqrt(tf.add(tf.sum(tf.square(layer), -1, true), epsilon)));
    const distances = a.map((layer, l) => {
      const squared = tf.square(tf.sub(unit(layer), unit(b[l]!)));
      return tf.mean(tf.sum(weights ? tf.mul(squared, weights[l]!) : squared, -1), [1, 2]);
    });
    return distances.reduce((sum, each) => tf.add(sum, each)) as Tensor1D;
  });
}
