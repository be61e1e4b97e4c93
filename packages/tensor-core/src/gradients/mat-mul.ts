import { tf, type Tensor } from '../tf';
import { gradient, sumTo } from './registry';

interface Attrs {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The stock gradient does not know that matMul broadcasts batch axes, and throws. */
export function registerMatMulGradient(): void {
  gradient<Attrs>('BatchMatMul', {
    inputs: ['a', 'b'],
    backward: (dy, saved, { transposeA = false, transposeB = false }) => {
      const [a, b] = saved as [Tensor, Tensor];
      return {
        a: () =>
          sumTo(
            transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB),
            a.shape,
          ),
        b: () => {
          // One matrix for the whole batch: the sum over the batch is part of the product.
          const shared = b.rank === 2 && !transposeA;
          const [x, d] = shared ? [asMatrix(a), asMatrix(dy)] : [a, dy];
          return sumTo(
            transposeB ? tf.matMul(d, x, true, transposeA) : tf.matMul(x, d, !transposeA, false),
            b.shape,
          );
        },
      };
    },
  });
}

function asMatrix(x: Tensor): Tensor {
  return tf.reshape(x, [-1, x.shape.at(-1) as number]);
}
