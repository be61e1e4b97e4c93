import { randomNormal, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { uniform, type Key } from '@lab/tensor-core/random';

/** y + deviation e with e standard normal; the result is the caller's. */
export function gaussianNoise(
  y: Tensor,
  { deviation, key }: { readonly deviation: number; readonly key: Key },
): Tensor {
  if (!(deviation >= 0))
    throw new LabError('argument', 'gaussianNoise: deviation is not negative', { received: deviation });
  return tf.tidy(() => tf.add(y, tf.mul(randomNormal(key, y.shape), deviation)));
}

export interface SaltAndPepperOptions {
  /** Share of pixels that is lost, in [0, 1]; half of them become `low`, half `high`, in all channels. @default 0.02 */
  readonly share?: number;
  /** @default -1 */
  readonly low?: number;
  /** @default 1 */
  readonly high?: number;
  /** Chooses the pixels. */
  readonly key: Key;
}

/** Black and white pixels at random places of images [B, H, W, C]. */
export function saltAndPepper(
  y: Tensor,
  { share = 0.02, low = -1, high = 1, key }: SaltAndPepperOptions,
): Tensor {
  if (!(share >= 0 && share <= 1))
    throw new LabError('argument', 'saltAndPepper: share in [0, 1]', { argument: 'share', received: share });
  const places = [...y.shape.slice(0, -1), 1];
  const draws = uniform(
    key,
    places.reduce((product, each) => product * each, 1),
  );
  return tf.tidy(() => {
    const kept = tf.tensor(
      draws.map((u) => (u < share ? 0 : 1)),
      places,
    );
    const put = tf.tensor(
      draws.map((u) => (u < share / 2 ? low : u < share ? high : 0)),
      places,
    );
    return tf.add(tf.mul(y, kept), put);
  });
}
