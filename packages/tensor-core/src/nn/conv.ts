import { LabError } from '../errors';
import { tf, type Tensor, type Tensor3D, type Tensor4D } from '../tf';
import { adapted } from './adapted-weight';
import { lecunNormal, type Initializer } from './initializers';
import type { Module } from './module';
import { assertShape, assertSizes } from './validate';

export interface ConvOptions {
  /** Channels in. */
  readonly inputs: number;
  /** Channels out. */
  readonly outputs: number;
  /** Places that the kernel spans along each axis. */
  readonly size: number;
  /** @default 1 */
  readonly stride?: number;
  /** Distance between the places of the kernel; above 1 only with stride 1. @default 1 */
  readonly dilation?: number;
  /** `same` pads with zeros so that stride 1 keeps the length, `valid` does not pad. @default 'same' */
  readonly padding?: 'same' | 'valid';
  /** @default true */
  readonly bias?: boolean;
  /** First values of the weight; a bias starts at zero. @default lecunNormal */
  readonly init?: Initializer;
}

/** `weight` [size, (size,) inputs, outputs], `bias` [outputs]. */
export type ConvParams = { readonly weight: Tensor; readonly bias?: Tensor };

/** A convolution over time: [batch, length, inputs] to [batch, length', outputs]. */
export function conv1d(options: ConvOptions): Module<ConvParams> {
  const { stride, padding, dilation } = checked('conv1d', options);
  return conv('conv1d', options, {
    kernel: [options.size],
    input: ['batch', 'length', options.inputs],
    convolve: (x, weight) => tf.conv1d(x as Tensor3D, weight as Tensor3D, stride, padding, 'NWC', dilation),
  });
}

/** A convolution over an image: [batch, height, width, inputs] to [batch, height', width', outputs]. */
export function conv2d(options: ConvOptions): Module<ConvParams> {
  const { stride, padding, dilation } = checked('conv2d', options);
  return conv('conv2d', options, {
    kernel: [options.size, options.size],
    input: ['batch', 'height', 'width', options.inputs],
    convolve: (x, weight) => tf.conv2d(x as Tensor4D, weight as Tensor4D, stride, padding, 'NHWC', dilation),
  });
}

interface ConvKind {
  readonly kernel: readonly number[];
  readonly input: readonly (string | number)[];
  readonly convolve: (x: Tensor, weight: Tensor) => Tensor;
}

function conv(
  caller: string,
  { inputs, outputs, bias = true, init = lecunNormal }: ConvOptions,
  { kernel, input, convolve }: ConvKind,
): Module<ConvParams> {
  return {
    init: (key) => ({
      weight: init(key, [...kernel, inputs, outputs]),
      ...(bias && { bias: tf.zeros([outputs]) }),
    }),
    apply(params, x) {
      assertShape(caller, x, input);
      const y = adapted(params.weight, x, convolve, (low, up) => {
        const [rank, wide] = [up.shape[0], up.shape[1]!];
        const rows = tf.reshape(low, [low.size / rank, rank]);
        return tf.reshape(tf.matMul(rows, up), [...low.shape.slice(0, -1), wide]);
      });
      return params.bias ? tf.add(y, params.bias) : y;
    },
  };
}

function checked(
  caller: string,
  { inputs, outputs, size, stride = 1, dilation = 1, padding = 'same' }: ConvOptions,
) {
  assertSizes(caller, { inputs, outputs, size, stride, dilation });
  if (stride > 1 && dilation > 1)
    throw new LabError('unsupported', `${caller}: stride and dilation cannot both be above 1`, {
      received: { stride, dilation },
    });
  return { stride, dilation, padding };
}
