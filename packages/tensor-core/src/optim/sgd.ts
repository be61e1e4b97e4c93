import { tf, type Tensor } from '../tf';
import { leafwise } from './leafwise';
import { rateAt, type LearningRateSchedule } from './schedules';
import type { GradientTransformation } from './types';
import { assertSetting } from './validate';

export interface SgdOptions {
  /** Size of a step, or a schedule of it. */
  readonly learningRate: number | LearningRateSchedule;
  /** Decay of the velocity, in [0, 1); 0 remembers nothing. @default 0 */
  readonly momentum?: number;
  /** Looks ahead by one step of momentum (Sutskever et al. 2013). @default false */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent: `v <- momentum v + g`, `p <- p - learningRate v`, or with Nesterov's momentum
 * `p <- p - learningRate (g + momentum v)`.
 *
 * @example
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
 */
export function sgd({ learningRate, momentum = 0, nesterov = false }: SgdOptions): GradientTransformation {
  assertSetting('sgd', { momentum }, (value) => value >= 0 && value < 1, 'a number in [0, 1)');
  const numbers = (count: number) => ({ step: -rateAt(learningRate, count) });
  if (momentum === 0)
    return leafwise([], {
      init: () => ({}),
      numbers,
      update: ({ grad, scalar }) => ({
        update: tf.mul(grad, scalar('step')),
        slots: {},
      }),
    });
  return leafwise(['velocity'], {
    init: (param) => ({ velocity: tf.zeros(param.shape) }),
    numbers,
    update({ grad, slots, scalar, constant }) {
      const mu = constant(momentum);
      const velocity = tf.add(tf.mul(slots.velocity as Tensor, mu), grad);
      const direction = nesterov ? tf.add(tf.mul(velocity, mu), grad) : velocity;
      return { update: tf.mul(direction, scalar('step')), slots: { velocity } };
    },
  });
}
