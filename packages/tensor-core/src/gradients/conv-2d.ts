import { spreadOut, type ConvAttrs } from '../kernels/conv-2d';
import { traceEngine } from '../engine/trace-name';
import { tf, type Tensor, type Tensor4D } from '../tf';
import { gradient, runKernel } from './registry';

const depthwise = 'DepthwiseConv2dNative';

/**
 * Convolutions are linear in both arguments, so three kernels (forward, by input, by filter) are each other's gradients,
 * to every order. The stock gradients refuse dilation and end at the first order for the filter.
 */
export function registerConv2dGradients(): void {
  gradient<ConvAttrs>('Conv2D', {
    inputs: ['x', 'filter'],
    backward: (dy, saved, attrs) => {
      const [x, filter] = saved as [Tensor, Tensor];
      return {
        x: () => byInput(dy, filter, x.shape, attrs),
        filter: () => byFilter(x, dy, filter.shape, attrs),
      };
    },
  });
  gradient<ConvAttrs>('Conv2DBackpropInput', {
    inputs: ['dy', 'filter'],
    backward: (ddx, saved, attrs) => {
      const [dy, filter] = saved as [Tensor, Tensor];
      return { dy: () => forward(ddx, filter, attrs), filter: () => byFilter(ddx, dy, filter.shape, attrs) };
    },
  });
  gradient<ConvAttrs>('Conv2DBackpropFilter', {
    inputs: ['x', 'dy'],
    backward: (ddFilter, saved, attrs) => {
      const [x, dy] = saved as [Tensor, Tensor];
      return { x: () => byInput(dy, ddFilter, x.shape, attrs), dy: () => forward(x, ddFilter, attrs) };
    },
  });
  registerDepthwise();
}

function registerDepthwise(): void {
  const input = (dy: Tensor, filter: Tensor, inputShape: number[], attrs: ConvAttrs): Tensor =>
    runKernel(`${depthwise}BackpropInput`, { dy, filter }, { ...depthwiseAttrs(attrs), inputShape });
  const filters = (x: Tensor, dy: Tensor, filterShape: number[], attrs: ConvAttrs): Tensor =>
    runKernel(`${depthwise}BackpropFilter`, { x, dy }, { ...depthwiseAttrs(attrs), filterShape });
  const convolve = (x: Tensor, filter: Tensor, attrs: ConvAttrs): Tensor =>
    runKernel(depthwise, { x, filter }, depthwiseAttrs(attrs));
  gradient<ConvAttrs>(depthwise, {
    inputs: ['x', 'filter'],
    backward: (dy, saved, attrs) => {
      const [x, filter] = saved as [Tensor, Tensor];
      return {
        x: () => input(dy, filter, x.shape, attrs),
        filter: () => filters(x, dy, filter.shape, attrs),
      };
    },
  });
  gradient<ConvAttrs>(`${depthwise}BackpropInput`, {
    inputs: ['dy', 'filter'],
    backward: (ddx, saved, attrs) => {
      const [dy, filter] = saved as [Tensor, Tensor];
      return { dy: () => convolve(ddx, filter, attrs), filter: () => filters(ddx, dy, filter.shape, attrs) };
    },
  });
  gradient<ConvAttrs>(`${depthwise}BackpropFilter`, {
    inputs: ['x', 'dy'],
    backward: (ddFilter, saved, attrs) => {
      const [x, dy] = saved as [Tensor, Tensor];
      return { x: () => input(dy, ddFilter, x.shape, attrs), dy: () => convolve(x, ddFilter, attrs) };
    },
  });
}

function forward(
  x: Tensor,
  filter: Tensor,
  { strides, pad, dataFormat, dilations, dimRoundingMode }: ConvAttrs,
): Tensor {
  return runKernel(
    'Conv2D',
    { x, filter },
    { strides, pad, dataFormat: dataFormat ?? 'NHWC', dilations: dilations ?? 1, dimRoundingMode },
  );
}

function byInput(dy: Tensor, filter: Tensor, inputShape: number[], attrs: ConvAttrs): Tensor {
  const step = dilationToWriteOut(attrs);
  const spread = spreadOut(spreadOut(filter, 0, step[0]), 1, step[1]);
  return runKernel('Conv2DBackpropInput', { dy, filter: spread }, { ...backpropAttrs(attrs), inputShape });
}

function byFilter(x: Tensor, dy: Tensor, filterShape: number[], attrs: ConvAttrs): Tensor {
  const step = dilationToWriteOut(attrs);
  const [height, width, ...channels] = filterShape as [number, number, number, number];
  const spread = [(height - 1) * step[0] + 1, (width - 1) * step[1] + 1, ...channels];
  const found = runKernel(
    'Conv2DBackpropFilter',
    { x, dy },
    { ...backpropAttrs(attrs), filterShape: spread },
  ) as Tensor4D;
  if (step[0] === 1 && step[1] === 1) return found;
  return tf.stridedSlice(found, [0, 0, 0, 0], spread, [step[0], step[1], 1, 1]);
}

/** Our WebAssembly kernels take the dilation; for the others it is written into the filter as zeros. */
function dilationToWriteOut({ dilations = 1 }: ConvAttrs): [number, number] {
  if (knowDilations.has(tf.getBackend())) return [1, 1];
  return typeof dilations === 'number' ? [dilations, dilations] : dilations;
}

function backpropAttrs({ strides, pad, dataFormat, dimRoundingMode, dilations }: ConvAttrs): object {
  const kept = knowDilations.has(tf.getBackend()) ? { dilations: dilations ?? 1 } : {};
  return { strides, pad, dataFormat: dataFormat ?? 'NHWC', dimRoundingMode, ...kept };
}

function depthwiseAttrs({ strides, pad, dilations, dimRoundingMode }: ConvAttrs): object {
  return { strides, pad, dataFormat: 'NHWC', dilations: dilations ?? [1, 1], dimRoundingMode };
}

/** Engines whose gradient kernels are ours; the stock ones know no dilation. */
const knowDilations = new Set(['wasm', traceEngine]);
