import { conv2d, tf, type ConvParams, type Module, type Tensor, type Tensor4D } from '@lab/tensor-core';

/** Halves height and width by a convolution of stride 2: [B, h, w, C] to [B, h / 2, w / 2, C]. */
export const halve = (channels: number): Module<ConvParams> =>
  conv2d({ inputs: channels, outputs: channels, size: 3, stride: 2 });

/** Doubles height and width: every pixel four times, then a convolution. */
export function double(channels: number): Module<ConvParams> {
  const smooth = conv2d({ inputs: channels, outputs: channels, size: 3 });
  return { init: (key) => smooth.init(key), apply: (params, x) => smooth.apply(params, repeatPixels(x)) };
}

function repeatPixels(x: Tensor): Tensor {
  const [, height, width] = x.shape as [number, number, number];
  return tf.image.resizeNearestNeighbor(x as Tensor4D, [2 * height, 2 * width]);
}
