import { LabError } from '../errors';
import { tf, type Tensor } from '../tf';
import { silu } from './activations';
import { mlp, type MlpParams } from './mlp';
import type { Module } from './module';
import { assertShape, assertSizes } from './validate';

export interface SinusoidalOptions {
  /** Entries of the embedding, even and at least 4: sines, then cosines. */
  readonly width: number;
  /** Ratio of the highest to the lowest frequency. @default 10000 */
  readonly base?: number;
  /** Factor before the sines, for times that lie in [0, 1]. @default 1 */
  readonly scale?: number;
}

/**
 * Sines and cosines of `scale x` at width / 2 frequencies from 1 down to 1 / base, evenly spaced in the logarithm
 * (Ho et al. 2020, after Vaswani et al. 2017, section 3.5): [batch] to [batch, width].
 */
export function sinusoidalEmbedding(
  x: Tensor,
  { width, base = 10_000, scale = 1 }: SinusoidalOptions,
): Tensor {
  assertShape('sinusoidalEmbedding', x, ['batch']);
  if (!(Number.isSafeInteger(width) && width >= 4 && width % 2 === 0))
    throw new LabError('argument', 'sinusoidalEmbedding: the width must be even and at least 4', {
      argument: 'width',
      received: width,
    });
  const half = width / 2;
  const frequencies = Array.from({ length: half }, (_, i) => scale * base ** (-i / (half - 1)));
  return tf.tidy(() => {
    const angles = tf.mul(tf.reshape(tf.cast(x, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]));
    return tf.concat([tf.sin(angles), tf.cos(angles)], 1);
  });
}

export interface TimeEmbeddingOptions {
  /** Entries of the result. */
  readonly width: number;
  /** Entries of the sinusoidal embedding. @default width */
  readonly frequencies?: number;
  /** What times are multiplied by. @default 1000 */
  readonly scale?: number;
}

/** A learnt embedding of times in [0, 1]: sines and cosines, then two affine layers: [batch] to [batch, width]. */
export function timeEmbedding({
  width,
  frequencies = width,
  scale = 1000,
}: TimeEmbeddingOptions): Module<MlpParams, [t: Tensor]> {
  assertSizes('timeEmbedding', { width, frequencies });
  const network = mlp({ sizes: [frequencies, width, width], activation: silu });
  return {
    init: (key) => network.init(key),
    apply: (params, t) => network.apply(params, sinusoidalEmbedding(t, { width: frequencies, scale })),
  };
}
