import { tf, type Tensor } from '@lab/tensor-core';
import type { BlockInputs } from './block';
import type { KeyValues } from './types';

/**
 * Puts the keys and values of some places beside those of the places before them, into `next`, and shows these places alone.
 * The first place is a tensor, so that one compiled graph serves all of them.
 */
export function recalling(
  past: KeyValues,
  place: Tensor,
  next: KeyValues[],
): NonNullable<BlockInputs['recall']> {
  return (own) => {
    const [length, count] = [past.keys.shape[2]!, own.keys.shape[2]!];
    const places = placesFrom(place, count);
    const here = tf.transpose(tf.cast(tf.oneHot(places, length), 'float32'));
    const joined = (before: Tensor, now: Tensor): Tensor =>
      tf.add(
        before,
        count === 1 ? tf.mul(now, here) : tf.matMul(tf.reshape(here, [1, 1, length, count]), now),
      );
    const all = { keys: joined(past.keys, own.keys), values: joined(past.values, own.values) };
    next.push(all);
    const last = count === 1 ? place : tf.add(place, tf.scalar(count - 1, 'int32'));
    const open = tf.reshape(tf.cast(tf.lessEqual(range(length), last), 'float32'), [1, length]);
    return { ...all, open };
  };
}

/** `place`, `place + 1`, ..., int32 [count]. */
export function placesFrom(place: Tensor, count: number): Tensor {
  return count === 1 ? place : tf.add(range(count), place);
}

function range(count: number): Tensor {
  return tf.tensor1d(
    Int32Array.from({ length: count }, (_, i) => i),
    'int32',
  );
}
