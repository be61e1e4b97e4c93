import { tf, type Tensor } from '../tf';
import { pathMatcher, type PathSelector } from '../tree';
import { moveTowards } from './move-towards';
import { leafwise, paramOf } from './leafwise';
import { rateAt, type LearningRateSchedule } from './schedules';
import type { GradientTransformation } from './types';
import { assertSetting } from './validate';

export interface LionOptions {
  /** Size of a step, or a schedule of it; 3 to 10 times smaller than Adam's. @default 1e-4 */
  readonly learningRate?: number | LearningRateSchedule;
  /** Weight of the momentum in the sign that is followed, in [0, 1). @default 0.9 */
  readonly beta1?: number;
  /** Decay of the momentum, in [0, 1). @default 0.99 */
  readonly beta2?: number;
  /** Decoupled decay: each step takes `learningRate weightDecay p` off. @default 0 */
  readonly weightDecay?: number;
  /** Which parameters decay, such as `/weight$/`. @default all */
  readonly decay?: PathSelector;
}

/** Lion: steps of one size along the sign of the momentum (Chen et al. 2023, algorithm 2). */
export function lion({
  learningRate = 1e-4,
  beta1 = 0.9,
  beta2 = 0.99,
  weightDecay = 0,
  decay = () => true,
}: LionOptions = {}): GradientTransformation {
  assertSetting('lion', { beta1, beta2 }, (value) => value >= 0 && value < 1, 'a number in [0, 1)');
  assertSetting('lion', { weightDecay }, (value) => value >= 0 && Number.isFinite(value), 'at least 0');
  const decays = pathMatcher(decay);
  return leafwise(['mean'], {
    init: (param) => ({ mean: tf.zeros(param.shape) }),
    numbers(count) {
      const rate = rateAt(learningRate, count);
      return { step: -rate, decay: rate * weightDecay };
    },
    update(step) {
      const { grad, slots, path, constant, scalar } = step;
      const m = slots.mean as Tensor;
      let update = tf.mul(tf.sign(moveTowards(m, grad, constant(1 - beta1))), scalar('step'));
      if (weightDecay !== 0 && decays(path))
        update = tf.sub(update, tf.mul(paramOf(step, 'lion'), scalar('decay')));
      return { update, slots: { mean: moveTowards(m, grad, constant(1 - beta2)) } };
    },
  });
}
