import { tf, type Tensor } from '@lab/tensor-core';

/**
 * `x` itself, whose gradient passes where `open` is 1 and not where it is 0. The published network never trains the rows
 * of its tables that stand for padding.
 */
export function withGradientWhere(x: Tensor, open: Tensor): Tensor {
  const pass = tf.customGrad((input, save) => {
    (save as (saved: Tensor[]) => void)([open]);
    return {
      value: tf.clone(input as Tensor),
      gradFunc: (dy: Tensor, saved: Tensor[]) => tf.mul(dy, saved[0]!),
    };
  });
  return pass(x);
}
