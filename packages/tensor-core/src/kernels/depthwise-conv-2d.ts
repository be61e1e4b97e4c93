import type { TensorInfo } from '@tensorflow/tfjs-core';
import { convInfo, type ConvAttrs } from './conv-2d';
import { wasmKernel } from './registry';
import { heapFloats } from './wasm-backend';

type Shape4D = [number, number, number, number];
type ConvInfo = ReturnType<typeof convInfo>;

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
      eachTap(info, (input, output, tap, channels, multiplier) => {
        for (let c = 0; c < channels; c++)
          for (let q = 0; q < multiplier; q++) {
            const at = c * multiplier + q;
            sums[tap + at] = (sums[tap + at] as number) + (from[input + c] as number) * (grad[output + at] as number);
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
      eachTap(info, (input, output, tap, channels, multiplier) => {
        for (let c = 0; c < channels; c++)
          for (let q = 0; q < multiplier; q++) {
            const at = c * multiplier + q;
            sums[input + c] = (sums[input + c] as number) + (grad[output + at] as number) * (weights[tap + at] as number);
          }
      });
      heapFloats(backend, out).set(sums);
      return out;
    },
  );
}

/** Visits every pair of an output pixel and a filter tap that meets the input; arguments are offsets of channel 0. */
function eachTap(
  info: ConvInfo,
  visit: (input: number, output: number, tap: number, channels: number, multiplier: number) => void,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
  const multiplier = outChannels / inChannels;
  for (let b = 0; b < batchSize; b++)
    for (let p = 0; p < outHeight; p++)
      for (let k = 0; k < info.filterHeight; k++) {
        const row = p * info.strideHeight - padInfo.top + k * info.dilationHeight;
        if (row < 0 || row >= inHeight) continue;
        for (let q = 0; q < outWidth; q++)
          for (let l = 0; l < info.filterWidth; l++) {
            const column = q * info.strideWidth - padInfo.left + l * info.dilationWidth;
            if (column < 0 || column >= inWidth) continue;
            const input = ((b * inHeight + row) * inWidth + column) * inChannels;
            const output = ((b * outHeight + p) * outWidth + q) * outChannels;
            visit(input, output, (k * info.filterWidth + l) * outChannels, inChannels, multiplier);
          }
      }
}
