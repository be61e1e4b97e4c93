import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { reshape } from '../graph/arrange';
import { add, mul, number, sub, unary } from '../graph/arithmetic';
import { complex, part } from '../graph/complex';
import { cast } from '../graph/elementwise';
import { fourier } from '../graph/fourier';
import { sizeOf } from '../graph/graph';
import type { Graph, Value } from '../graph/types';
import { mapKernel, type KernelResult } from '../trace/registry';

/** Optional inputs that were not given are there as undefined. */
type Infos = Readonly<Record<string, TensorInfo | undefined>>;

/** Kernels that take complex tensors; all others refuse them. */
export const onComplex = new Set([
  ...['Complex', 'Real', 'Imag', 'ComplexAbs', 'FFT', 'IFFT', 'Cast'],
  ...['Add', 'Sub', 'Multiply', 'Identity', 'Reshape', 'ExpandDims', 'ZerosLike'],
]);

/** Complex numbers and Fourier transforms along the last axis. */
export function mapComplex(): void {
  mapKernel<{ real: Value; imag: Value }>('Complex', ({ g, inputs: { real, imag } }) => ({
    complex: complex(g, real, imag),
  }));
  mapKernel<{ input: Value }>('Real', ({ g, inputs: { input } }) => part(g, input, 0));
  mapKernel<{ input: Value }>('Imag', ({ g, inputs: { input } }) => part(g, input, 1));
  mapKernel<{ x: Value }>('ComplexAbs', ({ g, inputs: { x } }) => {
    const [real, imag] = [part(g, x, 0), part(g, x, 1)];
    return unary(g, 'Sqrt', add(g, mul(g, real, real), mul(g, imag, imag)), Math.sqrt);
  });
  mapKernel<{ input: Value }>('FFT', ({ g, inputs: { input } }) => ({ complex: transform(g, input, -1) }));
  mapKernel<{ input: Value }>('IFFT', ({ g, inputs: { input } }) => {
    const found = transform(g, input, 1);
    return { complex: mul(g, found, number(g, 1 / (input.shape.at(-2) ?? 1), found)) };
  });
}

function transform(g: Graph, z: Value, sign: 1 | -1): Value {
  const n = z.shape.at(-2) ?? 1;
  if (sizeOf(z) === 0) return z;
  return reshape(g, fourier(g, reshape(g, z, [sizeOf(z) / (2 * n), n, 2]), sign), z.shape);
}

export function isComplex(infos: Infos): boolean {
  return Object.values(infos).some((info) => info?.dtype === 'complex64');
}

type Pair = (g: Graph, a: Value, b: Value) => KernelResult;

/** Arithmetic of two complex values, which broadcast as their parts do. */
export const complexPairs: Readonly<Record<string, Pair>> = {
  Add: (g, a, b) => ({
    complex: complex(g, add(g, part(g, a, 0), part(g, b, 0)), add(g, part(g, a, 1), part(g, b, 1))),
  }),
  Sub: (g, a, b) => ({
    complex: complex(g, sub(g, part(g, a, 0), part(g, b, 0)), sub(g, part(g, a, 1), part(g, b, 1))),
  }),
  Multiply(g, a, b) {
    const [p, q, r, s] = [part(g, a, 0), part(g, a, 1), part(g, b, 0), part(g, b, 1)];
    const real = sub(g, mul(g, p, r), mul(g, q, s));
    return { complex: complex(g, real, add(g, mul(g, p, s), mul(g, q, r))) };
  },
};

/** A cast from or to complex. */
export function complexCast(g: Graph, x: Value, from: DataType, to: DataType): KernelResult | undefined {
  if (from === to && from === 'complex64') return { complex: x };
  if (to === 'complex64') {
    const real = cast(g, x, 'float32');
    return { complex: complex(g, real, g.splat(0, real)) };
  }
  return from === 'complex64' ? cast(g, part(g, x, 0), to as 'float32' | 'int32' | 'bool') : undefined;
}

/** For kernels that only rearrange: the same on the parts together. */
export function rearranged(infos: Infos, x: Value): KernelResult {
  return isComplex(infos) ? { complex: x } : x;
}
