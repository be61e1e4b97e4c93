import { tf, type Tensor } from '@lab/tensor-core';
import type { Free } from '../model/flat-model';
import { sumOf } from '../model/losses';
import { assertFraction } from '../projection/min-norm-step';
import { assertWeight } from './settings';
import type { UnlearnMethod } from './types';

const total = (params: Free, of: (leaf: Tensor) => Tensor): Tensor =>
  sumOf(Object.values(params).map((leaf) => tf.sum(of(leaf))));

/** Ridge: J_r + w |theta|_2^2, with w multiplied by `decay` after every step. */
export function ridge({
  weight = 0.1,
  decay = 0.9,
}: { readonly weight?: number; readonly decay?: number } = {}): UnlearnMethod {
  assertWeight('ridge', { weight });
  assertFraction('decay', decay);
  return {
    name: 'ridge',
    needs: {},
    weights: ({ step }) => ({ weight: weight * decay ** step }),
    loss: ({ retain, params }, weights) =>
      tf.add(retain(), tf.mul(weights.weight!, total(params, tf.square))),
  };
}

/** l1-Sparse: J_r + w_t |theta|_1 with w_t = 2 (1 - t / T) weight falling linearly over the epochs. */
export function l1Sparse({ weight = 0.1 }: { readonly weight?: number } = {}): UnlearnMethod {
  assertWeight('l1Sparse', { weight });
  return {
    name: 'l1Sparse',
    needs: {},
    weights: ({ epoch, epochs }) => ({ weight: 2 * (1 - epoch / epochs) * weight }),
    loss: ({ retain, params }, weights) => tf.add(retain(), tf.mul(weights.weight!, total(params, tf.abs))),
  };
}
