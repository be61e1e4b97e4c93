import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { family, floats, ints, linear, seed, withGradients } from '../family';

const small = fc.integer({ min: 1, max: 3 });
const side = fc.integer({ min: 3, max: 8 });

const pooling = fc.record({
  size: fc.tuple(side, side),
  window: fc.tuple(small, small),
  strides: fc.tuple(small, small),
  pad: fc.constantFrom('same', 'valid'),
  batch: fc.integer({ min: 1, max: 2 }),
  seed,
});

// The reference engine divides gradients by the whole window where it hangs over the edge.
family('pooling and its gradients', {
  cases: fc.tuple(pooling, fc.constantFrom('max', 'avg')),
  job: ([{ size, window, strides, pad, batch, seed: own }, kind]) =>
    withGradients([floats([batch, ...size, 2], own)], (x) =>
      (kind === 'max' ? tf.maxPool : tf.avgPool)(x as never, window, strides, pad as 'same'),
    ),
  reference: 'wasm',
  runs: 12,
});

family('pooling on the reference engine', {
  cases: fc.tuple(pooling, fc.constantFrom('max', 'avg')),
  job: ([{ size, window, strides, pad, batch, seed: own }, kind]) => ({
    inputs: [floats([batch, ...size, 2], own)],
    run: (x) => [(kind === 'max' ? tf.maxPool : tf.avgPool)(x as never, window, strides, pad as 'same')],
  }),
});

family('of equal entries the first is the largest', {
  cases: pooling,
  job: ({ size, window, strides, pad, batch, seed: own }) =>
    withGradients([{ ...ints([batch, ...size, 2], own, [0, 3]), dtype: 'float32' }], (x) =>
      tf.maxPool(x as never, window, strides, pad),
    ),
  reference: 'wasm',
});

// The WebAssembly engine leaves windows out that rounding up adds.
family('pooling with a number as padding, and how it rounds', {
  cases: fc.record({ size: fc.integer({ min: 5, max: 10 }), stride: fc.constantFrom(1, 2), rounding: fc.constantFrom('floor', 'round', 'ceil'), max: fc.boolean(), seed }), // prettier-ignore
  job: ({ size, stride, rounding, max, seed: own }) => ({
    inputs: [floats([2, size, size, 2], own)],
    run: (x) => [(max ? tf.maxPool : tf.avgPool)(x as never, 3, stride, 1, rounding as 'floor')],
  }),
});

family('where the largest are', {
  cases: fc.tuple(pooling, fc.boolean(), fc.boolean()),
  job: ([{ size, window, strides, pad, batch, seed: own }, withBatch, withTies]) => ({
    inputs: [
      withTies
        ? { ...ints([batch, ...size, 3], own, [0, 3]), dtype: 'float32' }
        : floats([batch, ...size, 3], own),
    ],
    run(x) {
      const { result, indexes } = tf.maxPoolWithArgmax(x as never, window, strides, pad, withBatch) as Record<
        string,
        Tensor
      >;
      return [result!, indexes!];
    },
  }),
  reference: 'wasm',
});

type Mode = 'corners' | 'half pixels' | 'neither';

const resizing = fc.record({
  size: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
  outSize: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
  mode: fc.constantFrom<Mode>('corners', 'half pixels', 'neither'),
  double: fc.boolean(),
  seed,
});

for (const op of ['resizeBilinear', 'resizeNearestNeighbor'] as const)
  family(`${op} and its gradient`, {
    // The eager gradients of copying the nearest do not know half pixels, nor images of one pixel with aligned corners.
    cases: resizing.filter(
      ({ mode, size }) =>
        op === 'resizeBilinear' || mode === 'neither' || (mode === 'corners' && Math.min(...size) > 1),
    ),
    job({ size, outSize, mode, double, seed: own }) {
      const to: [number, number] = double ? [2 * size[0], 3 * size[1]] : outSize;
      return withGradients([floats([2, ...size, 3], own)], (x) =>
        tf.image[op](x as never, to, mode === 'corners', mode === 'half pixels'),
      );
    },
    // The reference engine swaps height and width in one gradient and reads past the first image in the other.
    reference: 'wasm',
    runs: 12,
  });

linear('where the eager gradients are wrong, gradients are the transpose', {
  cases: fc.record({ size: fc.integer({ min: 4, max: 8 }), outSize: fc.integer({ min: 1, max: 12 }), stride: fc.constantFrom(1, 2), nearest: fc.boolean(), seed }), // prettier-ignore
  job: ({ size, outSize, stride, nearest, seed: own }) => ({
    input: floats([2, size, size, 2], own),
    run: (x) =>
      nearest
        ? tf.image.resizeNearestNeighbor(x as never, [outSize, size + 1], false, true)
        : tf.avgPool(x as never, 3, stride, 1, 'ceil'),
  }),
});

family('resizing on the reference engine', {
  cases: fc.tuple(resizing, fc.boolean()),
  job: ([{ size, outSize, mode, seed: own }, bilinear]) => ({
    inputs: [floats([2, ...size, 3], own)],
    run: (x) => [
      tf.image[bilinear ? 'resizeBilinear' : 'resizeNearestNeighbor'](
        x as never,
        outSize,
        mode === 'corners',
        mode === 'half pixels',
      ),
    ],
  }),
});

family('batch normalisation', {
  cases: fc.record({ shape: fc.constantFrom([4, 3], [2, 4, 5, 3], [2, 5, 3]), scale: fc.boolean(), offset: fc.boolean(), epsilon: fc.constantFrom(1e-3, 0.1), seed }), // prettier-ignore
  job: ({ shape, scale, offset, epsilon, seed: own }) => ({
    inputs: [floats(shape, own), floats([3], own), ...[1, 2, 3].map((i) => floats([3], own + i, [0.3, 2]))],
    run: (x, mean, variance, a, b) => [
      tf.batchNorm(x, mean, variance, offset ? (a as never) : undefined, scale ? (b as never) : undefined, epsilon), // prettier-ignore
    ],
  }),
});
