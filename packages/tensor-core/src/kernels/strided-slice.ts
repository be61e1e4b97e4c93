import type { TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../tf';
import { wasmKernel } from './registry';
import { heapOf } from './wasm-backend';

export interface StridedSliceAttrs {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

export interface StridedSlicePlan {
  /** The shape of the result. */
  readonly shape: number[];
  /** For each axis of the input: first position, step, and how many positions. */
  readonly axes: readonly { readonly from: number; readonly step: number; readonly count: number }[];
}

/** What a strided slice takes, with masks, ellipsis, new and shrunk axes resolved. */
export function planStridedSlice(shape: number[], attrs: StridedSliceAttrs): StridedSlicePlan {
  const info = tf.slice_util.sliceInfo(
    shape,
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
  const axes = shape.map((_, axis) => {
    const [from, to, step] = [info.begin[axis], info.end[axis], info.strides[axis]] as [
      number,
      number,
      number,
    ];
    return { from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
  });
  return { shape: info.finalShape, axes };
}

/** The stock kernel goes astray when an axis is dropped and another has a step, and is slow. */
export function registerStridedSlice(): void {
  wasmKernel<{ x: TensorInfo }, StridedSliceAttrs>('StridedSlice', ({ backend, inputs: { x }, attrs }) => {
    const { shape, axes } = planStridedSlice(x.shape, attrs);
    const out = backend.makeOutput(shape, x.dtype);
    const [from, to] = [heapOf(backend, x), heapOf(backend, out)];
    const rows = axes.slice(0, -1).reduce<number[]>(
      (starts, { from: first, step, count }, axis) => {
        const stride = x.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
        return starts.flatMap((start) =>
          Array.from({ length: count }, (_, i) => start + (first + i * step) * stride),
        );
      },
      [0],
    );
    const { from: first, step, count } = axes.at(-1) ?? { from: 0, step: 1, count: 1 };
    let at = 0;
    for (const row of rows) {
      if (step === 1) to.set(from.subarray(row + first, row + first + count), at);
      else for (let i = 0; i < count; i++) to[at + i] = from[row + first + i * step] as number;
      at += count;
    }
    return out;
  });
}
