import { tf, type Tensor } from '@lab/tensor-core';

/** Cosines and sines of the angles of all pairs of a head, each [length, width / 2, 1]. */
export interface Turn {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * The angles by which Flux turns the pairs of a head (Su et al. 2021, a part of the head for each coordinate):
 * `coordinate 10000^(-2 i / part)` for the i-th pair of a part.
 *
 * @param places [length, coordinates]
 * @param parts entries of a head for each coordinate, even
 */
export function turnByPlaces(places: Tensor, parts: readonly number[]): Turn {
  const half = parts.reduce((sum, part) => sum + part, 0) / 2;
  const rates = new Float32Array(parts.length * half);
  let at = 0;
  parts.forEach((part, axis) => {
    for (let i = 0; i < part / 2; i++) rates[axis * half + at++] = 10_000 ** ((-2 * i) / part);
  });
  const angles = tf.matMul(places, tf.tensor2d(rates, [parts.length, half]));
  const turned = tf.reshape(angles, [places.shape[0], half, 1]);
  return { cos: tf.cos(turned), sin: tf.sin(turned) };
}

/** Turns neighbouring entries 2 i and 2 i + 1 of rows [batch, heads, length, width] together. */
export function turned(x: Tensor, { cos, sin }: Turn): Tensor {
  const [batch, heads = 1, length = 1, width = 2] = x.shape;
  const pairs = tf.reshape(x, [batch * heads, length, width / 2, 2]);
  const [a, b] = tf.split(pairs, 2, 3) as [Tensor, Tensor];
  const [real, imaginary] = [tf.sub(tf.mul(a, cos), tf.mul(b, sin)), tf.add(tf.mul(b, cos), tf.mul(a, sin))];
  return tf.reshape(tf.concat([real, imaginary], 3), x.shape);
}
