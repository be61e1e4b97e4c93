import { tf, type Tensor } from '../tf';

/** `average + weight (value - average)`. */
export function moveTowards(average: Tensor, value: Tensor, weight: Tensor): Tensor {
  return tf.add(average, tf.mul(tf.sub(value, average), weight));
}
