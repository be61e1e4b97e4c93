import { adamDirection } from '../kernels/adam';
import { tf, type Tensor } from '../tf';
import { pathMatcher, type PathSelector } from '../tree';
import { leafwise, paramOf } from './leafwise';
import { rateAt, type LearningRateSchedule } from './schedules';
import type { GradientTransformation } from './types';
import { assertSetting } from './validate';

export interface AdamOptions {
  /** Size of a step, or a schedule of it. @default 1e-3 */
  readonly learningRate?: number | LearningRateSchedule;
  /** Decay of the mean of gradients, in [0, 1). @default 0.9 */
  readonly beta1?: number;
  /** Decay of the mean of squared gradients, in [0, 1). @default 0.999 */
  readonly beta2?: number;
  /** Added to the root of the second moment. @default 1e-8 */
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Decoupled decay: each step takes `learningRate weightDecay p` off. @default 0.01 */
  readonly weightDecay?: number;
  /** Which parameters decay, such as `/weight$/`. @default all */
  readonly decay?: PathSelector;
}

/**
 * Adam (Kingma & Ba 2015, algorithm 1). Each parameter counts its own steps, so one that a task leaves out is
 * corrected for as many gradients as it has seen.
 *
 * @example
 * const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: 3e-4 }));
 */
export function adam(options: AdamOptions = {}): GradientTransformation {
  return adamw({ ...options, weightDecay: 0 });
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2, their eta as the learning rate). */
export function adamw({
  learningRate = 1e-3,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0.01,
  decay = () => true,
}: AdamWOptions = {}): GradientTransformation {
  assertSetting('adam', { beta1, beta2 }, (value) => value >= 0 && value < 1, 'a number in [0, 1)');
  assertSetting(
    'adam',
    { epsilon, weightDecay },
    (value) => value >= 0 && Number.isFinite(value),
    'at least 0',
  );
  const decays = pathMatcher(decay);
  return leafwise(['mean', 'square', 'steps'], {
    init: (param) => ({ mean: tf.zeros(param.shape), square: tf.zeros(param.shape), steps: 0 }),
    numbers(count, steps) {
      const rate = rateAt(learningRate, count);
      return {
        step: -rate,
        decay: rate * weightDecay,
        correction1: 1 - beta1 ** (steps + 1),
        correction2: 1 - beta2 ** (steps + 1),
      };
    },
    update(step) {
      const { grad, slots, numbers, path, scalar } = step;
      const { direction, first, second } = adamDirection(
        grad,
        { first: slots.mean as Tensor, second: slots.square as Tensor },
        { beta1, beta2, epsilon },
        { numbers, scalar },
      );
      let update = tf.mul(direction, scalar('step'));
      if (weightDecay !== 0 && decays(path))
        update = tf.sub(update, tf.mul(paramOf(step, 'adamw'), scalar('decay')));
      return { update, slots: { mean: first, square: second, steps: (slots.steps as number) + 1 } };
    },
  });
}
