import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { pathMatcher, treeMap, type PathSelector } from '../tree';
import { tidyTree, treeGlobalNorm } from '../tree-tensor';
import { leafwise, paramOf, stateless } from './leafwise';
import { rateAt, type LearningRateSchedule } from './schedules';
import { numbersOf } from './numbers';
import type { GradientTransformation, OptimizerState } from './types';
import { assertSetting } from './validate';

/**
 * Applies transformations one after the other, each to what the one before it made.
 *
 * @example
 * const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 3e-4, decay: /weight$/ }));
 */
export function chain(...transformations: readonly GradientTransformation[]): GradientTransformation {
  const statesOf = (state: OptimizerState): readonly OptimizerState[] => {
    if (Array.isArray(state) && state.length === transformations.length)
      return state as readonly OptimizerState[];
    throw new LabError('argument', 'chain: the state is not of this chain', {
      argument: 'state',
      expected: `${transformations.length} states`,
      received: Array.isArray(state) ? `${state.length} states` : 'another tree',
    });
  };
  return {
    init: (params) => transformations.map((each) => each.init(params)),
    numbers: (state) => statesOf(state).map((each, i) => numbersOf(transformations[i]!, each)),
    update(grads, state, params, scalars) {
      const states = statesOf(state);
      return tidyTree(() => {
        let updates = grads;
        const next = transformations.map((each, i) => {
          const own = (scalars as readonly unknown[] | undefined)?.[i];
          const result = each.update(updates, states[i]!, params, own);
          updates = result.updates;
          return result.state;
        });
        // An empty chain would hand the caller's own gradients back.
        return { updates: transformations.length > 0 ? updates : ownTree(updates), state: next };
      });
    },
  };
}

/** Leaves the gradients as they are. */
export function identity(): GradientTransformation {
  return stateless(ownTree);
}

/** Multiplies by a number. */
export function scale(factor: number): GradientTransformation {
  return scaleBySchedule(() => factor);
}

/** Multiplies by a schedule of the number of updates. A learning rate is one with a minus before it. */
export function scaleBySchedule(schedule: LearningRateSchedule): GradientTransformation {
  return leafwise([], {
    init: () => ({}),
    numbers: (count) => ({ factor: rateAt(schedule, count) }),
    update: ({ grad, scalar }) => ({
      update: tf.mul(grad, scalar('factor')),
      slots: {},
    }),
  });
}

/**
 * Shrinks gradients whose Euclidean norm over all leaves is above `maxNorm` to that norm (Pascanu et al. 2013); others
 * pass unchanged.
 *
 * @param maxNorm above 0
 */
export function clipByGlobalNorm(maxNorm: number): GradientTransformation {
  assertSetting('clipByGlobalNorm', { maxNorm }, (value) => value > 0, 'above 0');
  return stateless((grads) => {
    // maxNorm / max(norm, maxNorm) is exactly 1 below the limit.
    const limit = tf.scalar(maxNorm);
    const factor = tf.div(limit, tf.maximum(treeGlobalNorm(grads), limit));
    return treeMap((grad: Tensor) => tf.mul(grad, factor), grads);
  });
}

/**
 * Limits every entry of the gradients to [-limit, limit].
 *
 * @param limit above 0
 */
export function clip(limit: number): GradientTransformation {
  assertSetting('clip', { limit }, (value) => value > 0, 'above 0');
  return stateless((grads) => treeMap((grad: Tensor) => tf.clipByValue(grad, -limit, limit), grads));
}

export interface WeightDecayOptions {
  /** Which parameters decay, such as `/weight$/`. @default all */
  readonly decay?: PathSelector;
}

/** Adds `weightDecay p` to the gradients: before `sgd` this is the gradient of an L2 penalty. */
export function addDecayedWeights(
  weightDecay: number,
  { decay = () => true }: WeightDecayOptions = {},
): GradientTransformation {
  const decays = pathMatcher(decay);
  return leafwise([], {
    init: () => ({}),
    numbers: () => ({}),
    update(step) {
      const { grad, path, constant } = step;
      const update = decays(path)
        ? tf.add(grad, tf.mul(paramOf(step, 'addDecayedWeights'), constant(weightDecay)))
        : tf.clone(grad);
      return { update, slots: {} };
    },
  });
}

function ownTree<T>(tree: T): T {
  return treeMap((leaf: Tensor) => tf.clone(leaf), tree);
}
