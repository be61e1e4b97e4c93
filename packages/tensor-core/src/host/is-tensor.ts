import { tf, type Tensor } from '../tf';

/** Tells tensors among the leaves of a tree. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof tf.Tensor;
}
