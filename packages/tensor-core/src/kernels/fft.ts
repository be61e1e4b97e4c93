import type { TensorInfo } from '@tensorflow/tfjs-core';
import { transformRow } from './fourier';
import { wasmKernel } from './registry';
import { heapFloats } from './wasm-backend';

/** The transforms along the last axis of a complex tensor; the inverse divides by the length. */
export function registerFft(): void {
  register('FFT', -1);
  register('IFFT', 1);
}

function register(name: string, sign: 1 | -1): void {
  wasmKernel<{ input: TensorInfo }, object>(name, ({ backend, inputs: { input } }) => {
    const out = backend.makeOutput([...input.shape], 'complex64');
    const [from, to] = [heapFloats(backend, input), heapFloats(backend, out)];
    const n = input.shape.at(-1) ?? 1;
    const scale = sign === 1 ? 1 / n : 1;
    const [re, im] = [new Float64Array(n), new Float64Array(n)];
    for (let row = 0; row < to.length; row += 2 * n) {
      for (let k = 0; k < n; k++) {
        re[k] = from[row + 2 * k] as number;
        im[k] = from[row + 2 * k + 1] as number;
      }
      transformRow(re, im, sign);
      for (let k = 0; k < n; k++) {
        to[row + 2 * k] = scale * (re[k] as number);
        to[row + 2 * k + 1] = scale * (im[k] as number);
      }
    }
    return out;
  });
}
