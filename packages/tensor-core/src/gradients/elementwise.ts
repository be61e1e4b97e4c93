import { tf, type Tensor } from '../tf';
import { gradient } from './registry';

export function registerElementwiseGradients(): void {
  // elu' is 1 above zero and elu + 1 below. The stock gradient is a kernel of its own, which has no second order.
  gradient('Elu', {
    outputs: [true],
    backward: (dy, saved) => {
      const [y] = saved as [Tensor];
      return { x: () => tf.mul(dy, tf.add(tf.minimum(y, 0), 1)) };
    },
  });
}
