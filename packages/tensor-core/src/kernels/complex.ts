import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { tf, type Tensor } from '../tf';
import { composedKernel, stockKernel, wasmKernel } from './registry';
import { heapFloats } from './wasm-backend';

interface Pair {
  readonly a: Tensor;
  readonly b: Tensor;
}

/**
 * Complex numbers for the WebAssembly engine, which has none: a complex64 tensor lies in its heap as interleaved real
 * and imaginary parts.
 */
export function registerComplex(): void {
  wasmKernel<{ real: TensorInfo; imag: TensorInfo }, object>(
    'Complex',
    ({ backend, inputs: { real, imag } }) => {
      const out = backend.makeOutput([...real.shape], 'complex64');
      const to = heapFloats(backend, out);
      [real, imag].forEach((part, offset) => {
        const from = heapFloats(backend, part);
        for (let i = 0; i < from.length; i++) to[2 * i + offset] = from[i] as number;
      });
      return out;
    },
  );
  registerPart('Real', 0);
  registerPart('Imag', 1);
  composedKernel<{ x: Tensor }, object>('ComplexAbs', ({ x }) =>
    tf.sqrt(tf.add(tf.square(tf.real(x)), tf.square(tf.imag(x)))),
  );
  onComplex('Add', ({ a, b }) => tf.complex(tf.add(tf.real(a), tf.real(b)), tf.add(tf.imag(a), tf.imag(b))));
  onComplex('Sub', ({ a, b }) => tf.complex(tf.sub(tf.real(a), tf.real(b)), tf.sub(tf.imag(a), tf.imag(b))));
  onComplex('Multiply', ({ a, b }) => {
    const [p, q, r, s] = [tf.real(a), tf.imag(a), tf.real(b), tf.imag(b)];
    return tf.complex(tf.sub(tf.mul(p, r), tf.mul(q, s)), tf.add(tf.mul(p, s), tf.mul(q, r)));
  });
  registerCast();
}

function registerPart(name: 'Real' | 'Imag', offset: 0 | 1): void {
  wasmKernel<{ input: TensorInfo }, object>(name, ({ backend, inputs: { input } }) => {
    const out = backend.makeOutput([...input.shape], 'float32');
    const [from, to] = [heapFloats(backend, input), heapFloats(backend, out)];
    for (let i = 0; i < to.length; i++) to[i] = from[2 * i + offset] as number;
    return out;
  });
}

/** Keeps the stock kernel for real numbers. */
function onComplex(name: string, compose: (pair: Pair) => Tensor): void {
  const stock = stockKernel(name);
  wasmKernel<Pair, object>(name, (call) =>
    call.inputs.a.dtype === 'complex64' ? tf.tidy(() => compose(call.inputs)) : stock(call as never),
  );
}

function registerCast(): void {
  const stock = stockKernel('Cast');
  wasmKernel<{ x: Tensor }, { dtype: DataType }>('Cast', (call) => {
    const { x } = call.inputs;
    const { dtype } = call.attrs;
    if (x.dtype === dtype) return tf.clone(x);
    if (dtype === 'complex64') return tf.tidy(() => tf.complex(tf.cast(x, 'float32'), tf.zeros(x.shape)));
    if (x.dtype === 'complex64') return tf.tidy(() => tf.cast(tf.real(x), dtype));
    return stock(call);
  });
}
