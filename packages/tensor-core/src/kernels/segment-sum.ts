import type { TensorInfo } from '@tensorflow/tfjs-core';
import { LabError } from '../errors';
import { wasmKernel } from './registry';
import { heapFloats, heapInts } from './wasm-backend';

/**
 * Sums the rows of `x` into `numSegments` rows, as `segmentIds` says; rows with an id outside of 0..numSegments-1 are
 * dropped. It is the gradient of gather, and so of every embedding.
 */
export function registerSegmentSum(): void {
  wasmKernel<{ x: TensorInfo; segmentIds: TensorInfo }, { numSegments: number }>(
    'UnsortedSegmentSum',
    ({ backend, inputs: { x, segmentIds }, attrs: { numSegments } }) => {
      const rank = segmentIds.shape.length;
      if (segmentIds.shape.some((size, axis) => x.shape[axis] !== size))
        throw new LabError('shape', 'unsortedSegmentSum: the ids must have the leading axes of the values', {
          received: [x.shape, segmentIds.shape],
        });
      const row = x.shape.slice(rank);
      const width = row.reduce((a, b) => a * b, 1);
      const out = backend.makeOutput([numSegments, ...row], x.dtype);
      const view = x.dtype === 'float32' ? heapFloats : heapInts;
      const [from, to, ids] = [view(backend, x), view(backend, out), heapInts(backend, segmentIds)];
      to.fill(0);
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number;
        if (id < 0 || id >= numSegments) continue;
        const [source, target] = [i * width, id * width];
        for (let j = 0; j < width; j++)
          to[target + j] = (to[target + j] as number) + (from[source + j] as number);
      }
      return out;
    },
  );
}
