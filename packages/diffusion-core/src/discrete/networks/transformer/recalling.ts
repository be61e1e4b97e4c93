import { tf, type Tensor } from '@lab/tensor-core';
import type { BlockInputs } from './block';
import type { KeyValues } from './types';

/**
 * Puts the keys and values of one place beside those of the places before it, into `next`, and shows these places alone. The
 * place is a tensor, so that one compiled graph serves all of them.
 */
export function recalling(
  past: KeyValues,
  place: Tensor,
  next: KeyValues[],
): NonNullable<BlockInputs['recall']> {
  return (own) => {
    const length = past.keys.shape[2]!;
    const here = tf.cast(tf.reshape(tf.oneHot(place, length), [length, 1]), 'float32');
    const joined = (before: Tensor, now: Tensor): Tensor => tf.add(before, tf.mul(now, here));
    const all = { keys: joined(past.keys, own.keys), values: joined(past.values, own.values) };
    next.push(all);
    const order = tf.tensor1d(
      Int32Array.from({ length }, (_, i) => i),
      'int32',
    );
    const open = tf.reshape(tf.cast(tf.lessEqual(order, place), 'float32'), [1, length]);
    return { ...all, open };
  };
}
