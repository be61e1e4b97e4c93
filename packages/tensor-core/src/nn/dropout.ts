import { LabError } from '../errors';
import { randomUniform } from '../random-tensor/random-tensor';
import type { Key } from '../random';
import { tf, type Tensor } from '../tf';

export interface DropoutOptions {
  /** Probability that an entry is dropped, in [0, 1). */
  readonly rate: number;
  /** Which entries are dropped: the same key drops the same ones. */
  readonly key: Key;
}

/**
 * Sets each entry to zero with probability `rate` and divides the others by `1 - rate`, which keeps the expectation
 * (Srivastava et al. 2014). At rate 0 this is `x` itself. Leave it out to evaluate.
 *
 * @throws LabError `argument` for a rate outside [0, 1)
 * @example
 * const hidden = dropout(tf.relu(x), { rate: 0.1, key: stepKey });
 */
export function dropout(x: Tensor, { rate, key }: DropoutOptions): Tensor {
  if (!(rate >= 0 && rate < 1))
    throw new LabError('argument', 'dropout: the rate is a probability below 1', {
      argument: 'rate',
      expected: '[0, 1)',
      received: rate,
    });
  if (rate === 0) return x;
  const kept = tf.cast(tf.greaterEqual(randomUniform(key, x.shape), rate), 'float32');
  return tf.mul(x, tf.mul(kept, 1 / (1 - rate)));
}
