import { LabError } from '../errors';
import { tf, type Tensor, type Tensor4D } from '../tf';
import { composedKernel } from './registry';

type Pad = Parameters<typeof tf.backend_util.computeConv2DInfo>[4];

export interface ConvAttrs {
  readonly strides: number | [number, number];
  readonly pad: Pad;
  readonly dataFormat?: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  /** Ours: the stock kernels know no dilation. */
  readonly dilations?: number | [number, number];
}

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Shape4D = [number, number, number, number];

/**
 * Both gradients of a convolution are convolutions, so they run on the engine's fast one.
 *
 * Notation of the comments: x [b, h, w, i] input, y [b, p, q, o] output, f [k, l, i, o] filter, stride s, dilation d.
 */
export function registerConv2d(): void {
  composedKernel<{ x: Tensor4D; dy: Tensor4D }, ConvAttrs & { filterShape: Shape4D }>(
    'Conv2DBackpropFilter',
    ({ x, dy }, attrs) => filterGradient(x, dy, convInfo(x.shape, attrs.filterShape, attrs)),
  );
  composedKernel<{ dy: Tensor4D; filter: Tensor4D }, ConvAttrs & { inputShape: Shape4D }>(
    'Conv2DBackpropInput',
    ({ dy, filter }, attrs) => inputGradient(dy, filter, convInfo(attrs.inputShape, filter.shape, attrs)),
  );
}

/** df[k,l,i,o] = sum over b,p,q of x[b, sp+dk, sq+dl, i] dy[b,p,q,o]: i as the batch, b as the channels, dy as the filter. */
function filterGradient(x: Tensor4D, dy: Tensor4D, info: ConvInfo): Tensor {
  const { inChannels, filterHeight, filterWidth, outChannels } = info;
  const { top, bottom, left, right } = info.padInfo;
  const images: Tensor4D = tf.pad(tf.transpose(x, [3, 1, 2, 0]), [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const filter: Tensor4D = tf.transpose(dy, [1, 2, 0, 3]);
  const [stride, dilation] = [dilationOf(info), strideOf(info)];
  const found = tf.conv2d(images, filter, stride, 'valid', 'NHWC', dilation);
  // Rows that no stride reached make it longer than the filter.
  const exact = tf.slice(found, [0, 0, 0, 0], [inChannels, filterHeight, filterWidth, outChannels]);
  return tf.transpose(exact, [1, 2, 0, 3]);
}

/** dx = the plain convolution of dy, spread out by the stride and padded all round, with the filter turned by 180 degrees. */
function inputGradient(dy: Tensor4D, filter: Tensor4D, info: ConvInfo): Tensor {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = info;
  const [strideHeight, strideWidth] = strideOf(info);
  const [dilationHeight, dilationWidth] = dilationOf(info);
  const spread = spreadOut(spreadOut(dy, 1, strideHeight), 2, strideWidth);
  const pads = (
    size: number,
    outSize: number,
    stride: number,
    reach: number,
    before: number,
  ): [number, number] => [reach - before, size + before - ((outSize - 1) * stride + 1)];
  const rows = pads(inHeight, outHeight, strideHeight, (filterHeight - 1) * dilationHeight, info.padInfo.top);
  const columns = pads(inWidth, outWidth, strideWidth, (filterWidth - 1) * dilationWidth, info.padInfo.left);
  const padded = padOrCrop(spread, [[0, 0], rows, columns, [0, 0]]);
  const turned: Tensor4D = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(padded, turned, 1, 'valid', 'NHWC', [dilationHeight, dilationWidth]);
}

/** Puts `step - 1` zeros between neighbours along an axis. */
export function spreadOut<T extends Tensor>(x: T, axis: number, step: number): T {
  const size = x.shape[axis] as number;
  if (step === 1 || size === 0) return x;
  const before = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const after = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const gaps = tf.pad(tf.reshape(x, [before * size, 1, after]), [
    [0, 0],
    [0, step - 1],
    [0, 0],
  ]);
  const rows = tf.reshape(gaps, [before, size * step, after]);
  const kept = (size - 1) * step + 1;
  return tf.reshape(tf.slice(rows, [0, 0, 0], [before, kept, after]), [
    ...x.shape.slice(0, axis),
    kept,
    ...x.shape.slice(axis + 1),
  ]) as T;
}

/** Pads with zeros; a negative width takes away. */
export function padOrCrop<T extends Tensor>(x: T, widths: readonly (readonly [number, number])[]): T {
  const begin = widths.map(([before]) => Math.max(-before, 0));
  const size = x.shape.map((length, i) => {
    const [before, after] = widths[i] as [number, number];
    return length + Math.min(before, 0) + Math.min(after, 0);
  });
  const crop = size.some((length, i) => length !== x.shape[i]);
  const cropped: T = crop ? tf.slice(x, begin, size) : x;
  const pads = widths.map(([before, after]): [number, number] => [Math.max(before, 0), Math.max(after, 0)]);
  return pads.some(([before, after]) => before + after > 0) ? tf.pad(cropped, pads) : cropped;
}

export function convInfo(
  inShape: Shape4D,
  filterShape: Shape4D,
  attrs: ConvAttrs,
  depthwise = false,
): ConvInfo {
  if (attrs.dataFormat === 'NCHW')
    throw new LabError('unsupported', 'convolution: the WebAssembly engine knows channels last only', {
      argument: 'dataFormat',
      received: 'NCHW',
      expected: 'NHWC',
    });
  const { strides, dilations = 1, pad, dimRoundingMode } = attrs;
  return tf.backend_util.computeConv2DInfo(
    inShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

function strideOf({ strideHeight, strideWidth }: ConvInfo): [number, number] {
  return [strideHeight, strideWidth];
}

function dilationOf({ dilationHeight, dilationWidth }: ConvInfo): [number, number] {
  return [dilationHeight, dilationWidth];
}
