import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Space } from '../types';

/**
 * The entrywise product of two states of one shape; a new state. For masks and for step sizes entry by entry, which no solver
 * needs.
 *
 * @throws LabError `shape` when they differ in shape
 */
export function multiply<X>(space: Space<X>, a: X, b: X): X {
  if (space.shape(a).join() !== space.shape(b).join())
    throw new LabError('shape', 'a mask has the shape of the state', {
      argument: 'mask',
      expected: space.shape(a),
      received: space.shape(b),
    });
  if (space.name === 'tensor') return tf.mul(a as Tensor, b as Tensor) as X;
  const [left, right] = [a as Array64, b as Array64];
  return { shape: left.shape, data: left.data.map((value, i) => value * right.data[i]!) } as X;
}
