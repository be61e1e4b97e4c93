import { tf, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { DifferentiableCost } from './types';

/**
 * A terminal cost from a differentiable function of clean samples: z [B, ...] to costs [B].
 *
 * @throws LabError `shape` while running, when the function gives other than one cost a sample
 * @example
 * differentiableCost('bright', (z) => tf.mean(tf.square(tf.sub(z, 1)), [1, 2, 3]));
 */
export function differentiableCost(name: string, losses: (z: Tensor) => Tensor): DifferentiableCost {
  const checked = (z: Tensor): Tensor => {
    const each = losses(z);
    if (each.rank !== 1 || each.shape[0] !== z.shape[0])
      throw new LabError('shape', `the cost '${name}' gives one number a sample`, {
        expected: [z.shape[0]],
        received: each.shape,
      });
    return each;
  };
  const differentiate = valueAndGrad(
    (z: Tensor) => {
      const each = checked(z);
      return [tf.sum(each), each] as const;
    },
    { hasAux: true },
  );
  return {
    name,
    losses: checked,
    async evaluate(z) {
      const { value, aux, grads: gradient } = differentiate(z);
      value.dispose();
      try {
        return { costs: Float64Array.from(await aux.data()), gradient };
      } catch (error) {
        gradient.dispose();
        throw error;
      } finally {
        aux.dispose();
      }
    },
  };
}
