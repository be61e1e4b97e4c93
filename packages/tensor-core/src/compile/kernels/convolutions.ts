import { LabError } from '../../errors';
import type { ConvAttrs } from '../../kernels/conv-2d';
import { tf } from '../../tf';
import { reshape, transpose } from '../graph/arrange';
import { convolve, convolveBack, type Geometry } from '../graph/convolution';
import { depthwiseFilterGradient, filterGradient } from '../graph/convolution-filter';
import { cast } from '../graph/elementwise';
import type { Graph, Value } from '../graph/types';
import { mapKernel } from '../trace/registry';
import { callSite } from '../trace/call-site';

type Shape4D = [number, number, number, number];
type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

const depthwise = 'DepthwiseConv2dNative';

/** Convolutions and what their gradients are made of. The runtime has channels first, TensorFlow.js mostly last. */
export function mapConvolutions(): void {
  mapKernel<{ x: Value; filter: Value }, ConvAttrs>('Conv2D', ({ g, inputs: { x, filter }, attrs }) => {
    const geometry = convGeometry(x.shape, filter.shape, attrs);
    const image = channelsFirst(g, floats(g, x), attrs.dataFormat);
    return channelsAs(g, convolve(g, image, filterFirst(g, floats(g, filter)), geometry), attrs.dataFormat);
  });
  mapKernel<{ dy: Value; filter: Value }, ConvAttrs & { inputShape: Shape4D }>(
    'Conv2DBackpropInput',
    ({ g, inputs: { dy, filter }, attrs }) => {
      const geometry = convGeometry(attrs.inputShape, filter.shape, attrs);
      const found = convolveBack(g, channelsFirst(g, dy, attrs.dataFormat), filterFirst(g, filter), geometry);
      return channelsAs(g, found, attrs.dataFormat);
    },
  );
  mapKernel<{ x: Value; dy: Value }, ConvAttrs & { filterShape: Shape4D }>(
    'Conv2DBackpropFilter',
    ({ g, inputs: { x, dy }, attrs }) => {
      const geometry = convGeometry(x.shape, attrs.filterShape, attrs);
      const [image, slope] = [x, dy].map((each) => channelsFirst(g, each, attrs.dataFormat)) as [
        Value,
        Value,
      ];
      return filterGradient(g, image, slope, geometry);
    },
  );
  mapDepthwise();
}

/** One group a channel: filters [k, l, i, m] give m outputs for each of i channels. */
function mapDepthwise(): void {
  mapKernel<{ x: Value; filter: Value }, ConvAttrs>(depthwise, ({ g, inputs: { x, filter }, attrs }) => {
    const geometry = convGeometry(x.shape, filter.shape, attrs, true);
    const found = convolve(g, channelsFirst(g, x), groupedFilter(g, filter), geometry, x.shape[3]);
    return channelsAs(g, found);
  });
  mapKernel<{ dy: Value; filter: Value }, ConvAttrs & { inputShape: Shape4D }>(
    `${depthwise}BackpropInput`,
    ({ g, inputs: { dy, filter }, attrs }) => {
      const geometry = convGeometry(attrs.inputShape, filter.shape, attrs, true);
      const groups = attrs.inputShape[3];
      return channelsAs(g, convolveBack(g, channelsFirst(g, dy), groupedFilter(g, filter), geometry, groups));
    },
  );
  mapKernel<{ x: Value; dy: Value }, ConvAttrs & { filterShape: Shape4D }>(
    `${depthwise}BackpropFilter`,
    ({ g, inputs: { x, dy }, attrs }) => {
      const geometry = convGeometry(x.shape, attrs.filterShape, attrs, true);
      return depthwiseFilterGradient(g, channelsFirst(g, x), channelsFirst(g, dy), geometry);
    },
  );
}

export function channelsFirst(g: Graph, x: Value, dataFormat?: string): Value {
  return dataFormat === 'NCHW' ? x : transpose(g, x, [0, 3, 1, 2]);
}

/** From channels first to what the caller has. */
export function channelsAs(g: Graph, x: Value, dataFormat?: string): Value {
  return dataFormat === 'NCHW' ? x : transpose(g, x, [0, 2, 3, 1]);
}

function filterFirst(g: Graph, filter: Value): Value {
  return transpose(g, filter, [3, 2, 0, 1]);
}

function groupedFilter(g: Graph, filter: Value): Value {
  const [height, width, channels, multiplier] = filter.shape as Shape4D;
  return reshape(g, transpose(g, filter, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function floats(g: Graph, x: Value): Value {
  return cast(g, x, 'float32');
}

function convGeometry(
  inShape: readonly number[],
  filterShape: readonly number[],
  { strides, dilations = 1, pad, dimRoundingMode, dataFormat }: ConvAttrs,
  isDepthwise = false,
): Geometry {
  if (isDepthwise && dataFormat === 'NCHW')
    throw new LabError(
      'unsupported',
      `compile: depthwise convolutions know channels last only${callSite()}`,
      {
        argument: 'dataFormat',
        received: 'NCHW',
        expected: 'NHWC',
      },
    );
  return geometryOf(
    tf.backend_util.computeConv2DInfo(
      inShape as Shape4D,
      filterShape as Shape4D,
      strides,
      dilations,
      pad,
      dimRoundingMode,
      isDepthwise,
      dataFormat === 'NCHW' ? 'channelsFirst' : 'channelsLast',
    ),
  );
}

/** What TensorFlow.js has worked out of strides and padding. */
export function geometryOf(info: ConvInfo): Geometry {
  return {
    size: [info.inHeight, info.inWidth],
    outSize: [info.outHeight, info.outWidth],
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    before: [info.padInfo.top, info.padInfo.left],
  };
}
