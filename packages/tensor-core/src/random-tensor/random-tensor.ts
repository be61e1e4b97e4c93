import {
  normal,
  truncatedNormal,
  uniform,
  type Key,
  type TruncatedNormalOptions,
  type UniformOptions,
} from '../random';
import { tracedKey } from '../random/traced';
import { tf, type Tensor } from '../tf';

/**
 * Standard normal values as a tensor: those of `random.normal`, so the same on every engine.
 *
 * @example
 * const noise = randomNormal(stepKey, x.shape);
 */
export function randomNormal(key: Key, shape: readonly number[]): Tensor {
  const traced = tracedKey(key);
  if (traced) return traced.draw(traced.path, shape, { law: 'normal' }) as Tensor;
  return tf.tensor(normal(key, shape), [...shape], 'float32');
}

/** Uniform values in [low, high) as a tensor: those of `random.uniform`. */
export function randomUniform(key: Key, shape: readonly number[], options: UniformOptions = {}): Tensor {
  const traced = tracedKey(key);
  if (traced) return traced.draw(traced.path, shape, { law: 'uniform', options }) as Tensor;
  return tf.tensor(uniform(key, shape, options), [...shape], 'float32');
}

/** Normal values on condition that they lie within (low, high), as a tensor: those of `random.truncatedNormal`. */
export function randomTruncatedNormal(
  key: Key,
  shape: readonly number[],
  options: TruncatedNormalOptions = {},
): Tensor {
  const traced = tracedKey(key);
  if (traced) return traced.draw(traced.path, shape, { law: 'truncatedNormal', options }) as Tensor;
  return tf.tensor(truncatedNormal(key, shape, options), [...shape], 'float32');
}
