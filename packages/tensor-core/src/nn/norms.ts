import { LabError } from '../errors';
import { fusedStandardize, isFusing } from '../kernels/fused';
import { tf, type Tensor } from '../tf';
import type { Module } from './module';
import { assertShape, assertSizes } from './validate';

export interface NormOptions {
  /** Size of the last axis. */
  readonly size: number;
  /** Added to the variance. @default 1e-5 */
  readonly epsilon?: number;
  /** Learns a factor an entry. @default true */
  readonly scale?: boolean;
  /** Learns an offset an entry; `rmsNorm` has none. @default true */
  readonly bias?: boolean;
}

/** `scale` and `bias`, each [size], where they are learnt. */
export type NormParams = { readonly scale?: Tensor; readonly bias?: Tensor };

/** Mean 0 and variance 1 over the last axis, then a learnt affine map (Ba et al. 2016). */
export function layerNorm({
  size,
  epsilon = 1e-5,
  scale = true,
  bias = true,
}: NormOptions): Module<NormParams> {
  assertSizes('layerNorm', { size });
  return {
    init: () => initial(size, scale, bias),
    apply(params, x) {
      assertShape('layerNorm', x, ['...', size]);
      return affine(standardized(x, [x.rank - 1], epsilon), params);
    },
  };
}

/** Root mean square 1 over the last axis, then a learnt factor (Zhang & Sennrich 2019). */
export function rmsNorm({
  size,
  epsilon = 1e-5,
  scale = true,
}: Omit<NormOptions, 'bias'>): Module<NormParams> {
  assertSizes('rmsNorm', { size });
  return {
    init: () => initial(size, scale, false),
    apply(params, x) {
      assertShape('rmsNorm', x, ['...', size]);
      const power = tf.mean(tf.square(x), -1, true);
      return affine(tf.mul(x, tf.rsqrt(tf.add(power, epsilon))), params);
    },
  };
}

export interface GroupNormOptions extends Omit<NormOptions, 'size'> {
  /** Channels: the size of the last axis. */
  readonly channels: number;
  /** Groups of neighbouring channels; divides `channels`. */
  readonly groups: number;
}

/**
 * Mean 0 and variance 1 over all places and the channels of one group, then a learnt affine map of each channel
 * (Wu & He 2018): [batch, ..., channels].
 */
export function groupNorm({
  channels,
  groups,
  epsilon = 1e-5,
  scale = true,
  bias = true,
}: GroupNormOptions): Module<NormParams> {
  assertSizes('groupNorm', { channels, groups });
  if (channels % groups !== 0)
    throw new LabError('argument', 'groupNorm: groups must divide channels', {
      received: { channels, groups },
    });
  return {
    init: () => initial(channels, scale, bias),
    apply(params, x) {
      assertShape('groupNorm', x, ['...', channels]);
      const batch = x.shape[0];
      const places = x.size / (batch * channels);
      const grouped = tf.reshape(x, [batch, places, groups, channels / groups]);
      return affine(tf.reshape(standardized(grouped, [1, 3], epsilon), x.shape), params);
    },
  };
}

function initial(size: number, scale: boolean, bias: boolean): NormParams {
  return { ...(scale && { scale: tf.ones([size]) }), ...(bias && { bias: tf.zeros([size]) }) };
}

function standardized(x: Tensor, axes: number[], epsilon: number): Tensor {
  if (isFusing() && axes.length === 1 && axes[0] === x.rank - 1) return fusedStandardize(x, epsilon);
  const centred = tf.sub(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centred), axes, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}

function affine(x: Tensor, { scale, bias }: NormParams): Tensor {
  const scaled = scale ? tf.mul(x, scale) : x;
  return bias ? tf.add(scaled, bias) : scaled;
}
