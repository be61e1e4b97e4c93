import type { TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../tf';
import { wasmKernel } from './registry';
import { heapFloats, heapInts } from './wasm-backend';
import { eachTap } from './window-loops';

type Shape4D = [number, number, number, number];
type ConvInfo = ReturnType<typeof tf.backend_util.computePool2DInfo>;

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Gradients of pooling, and the positions of the largest. The stock kernels divide by the whole window where it hangs
 * over the edge, though the forward pass divides by what is inside, and mix up the images of a batch.
 */
export function registerPool(): void {
  wasmKernel<{ dy: TensorInfo; input: TensorInfo }, PoolAttrs>(
    'AvgPoolGrad',
    ({ backend, inputs: { dy, input }, attrs }) => {
      const info = poolInfo(input, attrs);
      const out = backend.makeOutput([...input.shape], 'float32');
      const [grad, to] = [heapFloats(backend, dy), heapFloats(backend, out).fill(0)];
      const inside = new Uint32Array(dy.shape.reduce((a, b) => a * b, 1));
      eachTap(info, (_, at) => {
        inside[at] = (inside[at] as number) + 1;
      });
      eachTap(info, (from, at) => {
        const share = 1 / (inside[at] as number);
        for (let c = 0; c < info.inChannels; c++)
          to[from + c] = (to[from + c] as number) + share * (grad[at + c] as number);
      });
      return out;
    },
  );
  wasmKernel<{ dy: TensorInfo; input: TensorInfo }, PoolAttrs>(
    'MaxPoolGrad',
    ({ backend, inputs: { dy, input }, attrs }) => {
      const info = poolInfo(input, attrs);
      const out = backend.makeOutput([...input.shape], 'float32');
      const [grad, to] = [heapFloats(backend, dy), heapFloats(backend, out).fill(0)];
      largest(info, heapFloats(backend, input)).forEach((from, at) => {
        to[from] = (to[from] as number) + (grad[at] as number);
      });
      return out;
    },
  );
  wasmKernel<{ x: TensorInfo }, PoolAttrs & { includeBatchInIndex: boolean }>(
    'MaxPoolWithArgmax',
    ({ backend, inputs: { x }, attrs }) => {
      const info = poolInfo(x, attrs);
      const values = backend.makeOutput(info.outShape, 'float32');
      const indices = backend.makeOutput(info.outShape, 'int32');
      const [from, to, at] = [
        heapFloats(backend, x),
        heapFloats(backend, values),
        heapInts(backend, indices),
      ];
      const image = attrs.includeBatchInIndex ? Infinity : info.inHeight * info.inWidth * info.inChannels;
      largest(info, from).forEach((position, i) => {
        to[i] = from[position] as number;
        at[i] = position % image;
      });
      return [values, indices];
    },
  );
}

/** For each output element, where the first largest element of its window is. */
function largest(info: ConvInfo, x: Float32Array): Int32Array {
  const { batchSize, outHeight, outWidth, inChannels } = info;
  const found = new Int32Array(batchSize * outHeight * outWidth * inChannels).fill(-1);
  eachTap(info, (from, at) => {
    for (let c = 0; c < inChannels; c++) {
      const best = found[at + c] as number;
      if (best < 0 || (x[from + c] as number) > (x[best] as number)) found[at + c] = from + c;
    }
  });
  return found;
}

function poolInfo(input: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: PoolAttrs): ConvInfo {
  return tf.backend_util.computePool2DInfo(
    input.shape as Shape4D,
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}
