import type { TensorInfo } from '@tensorflow/tfjs-core';
import { convInfo, type ConvAttrs } from './conv-2d';
import { wasmKernel } from './registry';
import { heapFloats } from './wasm-backend';
import { eachTap } from './window-loops';

type Shape4D = [number, number, number, number];

/**
 * The gradients of a depthwise convolution. It is bound by memory, not by arithmetic, so plain loops over the engine's
 * heap do; sums are taken in float64.
 */
export function registerDepthwiseConv2d(): void {
  wasmKernel<{ x: TensorInfo; dy: TensorInfo }, ConvAttrs & { filterShape: Shape4D }>(
    'DepthwiseConv2dNativeBackpropFilter',
    ({ backend, inputs: { x, dy }, attrs }) => {
      const info = convInfo(x.shape as Shape4D, attrs.filterShape, attrs, true);
      const out = backend.makeOutput([...attrs.filterShape], 'float32');
      const [from, grad] = [heapFloats(backend, x), heapFloats(backend, dy)];
      const sums = new Float64Array(attrs.filterShape.reduce((a, b) => a * b, 1));
      const { outChannels, inChannels } = info;
      const multiplier = outChannels / inChannels;
      eachTap(info, (input, output, tap) => {
        for (let o = 0; o < outChannels; o++) {
          const at = tap * outChannels + o;
          const x = from[input + Math.floor(o / multiplier)] as number;
          sums[at] = (sums[at] as number) + x * (grad[output + o] as number);
        }
      });
      heapFloats(backend, out).set(sums);
      return out;
    },
  );
  wasmKernel<{ dy: TensorInfo; filter: TensorInfo }, ConvAttrs & { inputShape: Shape4D }>(
    'DepthwiseConv2dNativeBackpropInput',
    ({ backend, inputs: { dy, filter }, attrs }) => {
      const info = convInfo(attrs.inputShape, filter.shape as Shape4D, attrs, true);
      const out = backend.makeOutput([...attrs.inputShape], 'float32');
      const [grad, weights] = [heapFloats(backend, dy), heapFloats(backend, filter)];
      const sums = new Float64Array(attrs.inputShape.reduce((a, b) => a * b, 1));
      const { outChannels, inChannels } = info;
      const multiplier = outChannels / inChannels;
      eachTap(info, (input, output, tap) => {
        for (let o = 0; o < outChannels; o++) {
          const at = input + Math.floor(o / multiplier);
          const weight = weights[tap * outChannels + o] as number;
          sums[at] = (sums[at] as number) + weight * (grad[output + o] as number);
        }
      });
      heapFloats(backend, out).set(sums);
      return out;
    },
  );
}
