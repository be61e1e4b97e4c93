import { tf, type Tensor } from '@lab/tensor-core';
import type { Autoencoder } from '../autoencoders';
import type { MeasurementOperator } from '../operators';
import { faintest } from './photon-counts';
import type { GuidanceTerms } from './types';

/** Which terms a loss has; what they weigh comes as a tensor, so that one compiled loss serves a whole run. */
export interface MeasuredTerms {
  readonly data: NonNullable<GuidanceTerms<Tensor>['data']>['form'] | 'none';
  readonly gluing: NonNullable<GuidanceTerms<Tensor>['gluing']>['kind'] | 'none';
}

/** [3], weight and slack of the data term, weight of the gluing. */
export function termWeights({ data, gluing }: GuidanceTerms<Tensor>): Tensor {
  return tf.tensor1d([data?.weight ?? 0, data?.slack ?? 0, gluing?.weight ?? 0]);
}

/** The terms that weigh anything. */
export function measuredTerms({ data, gluing }: GuidanceTerms<Tensor>): MeasuredTerms {
  return {
    data: data && data.weight !== 0 ? data.form : 'none',
    gluing: gluing && gluing.weight !== 0 ? gluing.kind : 'none',
  };
}

/** Sums over all axes but the first: [B]. */
export const perExample = (x: Tensor): Tensor => tf.sum(tf.reshape(x, [x.shape[0], -1]), 1);

/** How latents become images, and images measurements. */
export interface MeasuredImages {
  readonly autoencoder: Autoencoder;
  readonly operator: MeasurementOperator;
  /** The operator's transpose: a measurement to images. */
  readonly adjoint: (v: Tensor) => Tensor;
}

/** The part of a guidance loss that is measured of the estimate x0, by decoder and operator: [B] each. */
export function measuredLoss(
  { autoencoder, operator, adjoint }: MeasuredImages,
  { x0, y, weights }: { readonly x0: Tensor; readonly y: Tensor; readonly weights: Tensor },
  { data, gluing }: MeasuredTerms,
): { readonly total: Tensor; readonly squared: Tensor } {
  const [dataWeight, slack, glueWeight] = tf.unstack(weights) as [Tensor, Tensor, Tensor];
  const images = autoencoder.decode(x0);
  const squared = perExample(tf.square(tf.sub(y, operator.forward(images))));
  const parts: Tensor[] = [];
  if (data !== 'none') {
    // A hinge: no gradient where the residual is at the noise's level.
    const above = tf.relu(tf.sub(squared, slack));
    const open = tf.cast(tf.greater(squared, slack), 'float32');
    const term = data === 'squared' ? above : tf.sqrt(tf.add(above, tf.add(tf.mul(open, slack), 1e-12)));
    const inverse = (): Tensor =>
      tf.mean(tf.div(1, tf.maximum(tf.abs(tf.reshape(y, [y.shape[0], -1])), faintest)), 1);
    parts.push(tf.mul(data === 'poisson' ? tf.mul(term, inverse()) : term, dataWeight));
  }
  if (gluing !== 'none') {
    const glued =
      gluing === 'fixed-point'
        ? images
        : tf.add(images, adjoint(tf.sub<Tensor>(y, operator.forward(images))));
    const far = perExample(tf.square(tf.sub(x0, autoencoder.encode(glued))));
    parts.push(tf.mul(tf.sqrt(tf.add(far, 1e-12)), glueWeight));
  }
  return { total: parts.length === 0 ? tf.mul(squared, 0) : tf.addN(parts), squared };
}
