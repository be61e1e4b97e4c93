import { fft, ifft, tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { family, floats, seed, shapes, withGradients } from '../family';

const parts = (z: Tensor): Tensor[] => [tf.real(z), tf.imag(z)];

const pairs: Record<string, (a: Tensor, b: Tensor) => Tensor[]> = {
  add: (a, b) => parts(tf.add(a, b)),
  sub: (a, b) => parts(tf.sub(a, b)),
  mul: (a, b) => parts(tf.mul(a, b)),
  'a real factor': (a, b) => parts(tf.mul(a, tf.real(b))),
  abs: (a) => [tf.abs(a)],
  reshape: (a) => parts(tf.reshape(a, [-1])),
  expandDims: (a) => parts(tf.expandDims(a, 0)),
  clone: (a) => parts(tf.clone(a)),
  'to real': (a) => [tf.cast(a, 'float32')],
  'from real': (a) => parts(tf.cast(tf.real(a), 'complex64')),
};

family('complex numbers', {
  cases: fc.record({ op: fc.constantFrom(...Object.keys(pairs)), shape: shapes(1, 3), seed }),
  job: ({ op, shape, seed: from }) => ({
    inputs: [0, 1, 2, 3].map((i) => floats(shape, from + i)),
    run: (p, q, r, s) => pairs[op]!(tf.complex(p, q), tf.complex(r, s)),
  }),
});

family('complex numbers that broadcast', {
  cases: fc.record({
    op: fc.constantFrom('add', 'sub', 'mul'),
    shape: shapes(1, 3),
    swap: fc.boolean(),
    seed,
  }),
  job: ({ op, shape, swap, seed: from }) => ({
    inputs: [0, 1, 2, 3].map((i) => floats(i < 2 === swap ? shape : shape.slice(1), from + i)),
    run: (p, q, r, s) => pairs[op]!(tf.complex(p, q), tf.complex(r, s)),
  }),
  // The reference engine gives them the wrong shape.
  reference: 'wasm',
});

/** Powers of two, small and large composites, and primes: each takes another way. */
const lengths = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(64, 128, 127, 256, 257, 270, 289, 300, 512),
);

family('Fourier transforms of any length, and their gradients', {
  cases: fc.record({ n: lengths, rows: shapes(0, 2, 3), back: fc.boolean(), seed }),
  job: ({ n, rows, back, seed: from }) =>
    withGradients([floats([...rows, n], from), floats([...rows, n], from + 1)], (a, b) => {
      const { real, imag } = (back ? ifft : fft)(a, b);
      return tf.concat([real, imag], -1);
    }),
  // The reference engine's transforms are sums in float32, of n terms each.
  reference: 'wasm',
  runs: 10,
});

family('transforms of real signals', {
  cases: fc.record({ n: fc.integer({ min: 2, max: 20 }), rows: fc.integer({ min: 1, max: 3 }), seed }),
  job: ({ n, rows, seed: from }) => ({
    inputs: [floats([rows, n], from)],
    run(x) {
      const spectrum = tf.spectral.rfft(x);
      return [tf.real(spectrum), tf.imag(spectrum), tf.spectral.irfft(spectrum)];
    },
  }),
  reference: 'wasm',
});
