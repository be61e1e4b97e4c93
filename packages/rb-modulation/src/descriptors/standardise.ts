import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';

/** Mean and (unbiased) standard deviation of each feature. */
export interface FeatureScale {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** Of the features of images [n, h, w, C]. */
export function standardiser(images: Array64, features: (images: Tensor) => Tensor): FeatureScale {
  const count = images.shape[0] ?? 0;
  if (images.shape.length !== 4 || count < 2)
    throw new LabError('shape', 'features are standardised over images [n, h, w, C], two at least', {
      argument: 'images',
      received: images.shape,
    });
  const values = tf.tidy(() => features(tf.tensor(Float32Array.from(images.data), [...images.shape])));
  const data = values.dataSync();
  const size = values.shape[1]!;
  values.dispose();
  const [mean, deviation] = [new Float32Array(size), new Float32Array(size)];
  for (let k = 0; k < size; k++) {
    let [sum, squares] = [0, 0];
    for (let n = 0; n < count; n++) sum += data[n * size + k]!;
    for (let n = 0; n < count; n++) squares += (data[n * size + k]! - sum / count) ** 2;
    mean[k] = sum / count;
    // A feature that never varies says nothing, and must not be divided by nothing.
    deviation[k] = Math.max(Math.sqrt(squares / (count - 1)), 1e-6);
  }
  return { mean, deviation };
}

export const standardised = (features: Tensor, { mean, deviation }: FeatureScale): Tensor =>
  tf.div(tf.sub(features, tf.tensor1d(mean)), tf.tensor1d(deviation));
