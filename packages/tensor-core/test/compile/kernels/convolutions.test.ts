import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { family, floats, seed, withGradients } from '../family';

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]];

const small = fc.integer({ min: 1, max: 3 });
const side = fc.integer({ min: 1, max: 9 });
const explicit = fc
  .array(fc.integer({ min: 0, max: 4 }), { minLength: 4, maxLength: 4 })
  .map(([a, b, c, d]): Pad => [
    [0, 0],
    [a!, b!],
    [c!, d!],
    [0, 0],
  ]);

/** Windows that fit into the padded image; strides and dilations exclude each other in TensorFlow.js. */
const windows = fc
  .record({
    batch: small,
    size: fc.tuple(side, side),
    kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    strides: fc.tuple(small, small),
    dilations: fc.tuple(small, small),
    isDilated: fc.boolean(),
    pad: fc.oneof(fc.constantFrom<Pad>('same', 'valid'), explicit),
    channels: fc.integer({ min: 1, max: 3 }),
    outputs: fc.constantFrom(1, 2, 3, 9),
    seed,
  })
  .map(({ isDilated, ...each }) => ({
    ...each,
    strides: isDilated ? ([1, 1] as [number, number]) : each.strides,
    dilations: isDilated ? each.dilations : ([1, 1] as [number, number]),
  }))
  .filter(({ size, kernel, dilations, pad }) =>
    [0, 1].every((axis) => {
      const around = Array.isArray(pad) ? pad[axis + 1]![0] + pad[axis + 1]![1] : 0;
      return pad === 'same' || (kernel[axis]! - 1) * dilations[axis]! + 1 <= size[axis]! + around;
    }),
  );

family('convolutions and their gradients', {
  cases: fc.tuple(windows, fc.boolean()),
  job([{ batch, size, kernel, strides, dilations, pad, channels, outputs, seed: own }, swap]) {
    const [i, o] = swap ? [outputs, channels] : [channels, outputs];
    return withGradients([floats([batch, ...size, i], own), floats([...kernel, i, o], own + 1)], (x, f) =>
      tf.conv2d(x as never, f as never, strides, pad, 'NHWC', dilations),
    );
  },
  runs: 20,
});

family('second derivatives of convolutions', {
  cases: windows,
  job({ batch, size, kernel, strides, dilations, pad, channels, outputs, seed: own }) {
    return withGradients(
      [floats([batch, ...size, channels], own), floats([...kernel, channels, outputs], own + 1)],
      (x, f) => {
        const slope = tf.grad((each: Tensor) => tf.sum(tf.square(tf.conv2d(each as never, f as never, strides, pad, 'NHWC', dilations)))); // prettier-ignore
        return slope(x);
      },
    );
  },
  together: 8,
});

family('convolutions with a number as padding, and how it rounds', {
  cases: fc.record({ size: fc.integer({ min: 5, max: 10 }), stride: small, rounding: fc.constantFrom('floor', 'round', 'ceil'), seed }), // prettier-ignore
  job: ({ size, stride, rounding, seed: own }) =>
    withGradients([floats([2, size, size, 2], own), floats([3, 3, 2, 2], own + 1)], (x, f) =>
      tf.conv2d(x as never, f as never, stride, 1, 'NHWC', 1, rounding),
    ),
});

family('convolutions with channels first', {
  cases: windows,
  job: ({ batch, size, kernel, strides, pad, dilations, channels, outputs, seed: own }) => ({
    inputs: [floats([batch, channels, ...size], own), floats([...kernel, channels, outputs], own + 1)],
    run: (x, f) => [
      tf.conv2d(x as never, f as never, strides, typeof pad === 'string' ? pad : 'same', 'NCHW', dilations),
    ],
  }),
});

family('convolutions in one dimension', {
  cases: windows,
  job({ batch, size, kernel, strides, dilations, pad, channels, outputs, seed: own }) {
    const along = typeof pad === 'string' ? pad : 'same';
    return withGradients(
      [floats([batch, size[0], channels], own), floats([kernel[0], channels, outputs], own + 1)],
      (x, f) => tf.conv1d(x as never, f as never, strides[0], along, 'NWC', dilations[0]),
    );
  },
});

family('transposed convolutions', {
  cases: fc.record({ size: fc.tuple(side, side), kernel: small, stride: small, spare: fc.nat({ max: 2 }), same: fc.boolean(), seed }), // prettier-ignore
  job({ size, kernel, stride, spare, same, seed: own }) {
    // Any size that the convolution would shrink to the given one.
    const rest = Math.min(spare, stride - 1);
    const out = (n: number): number => (same ? n * stride - rest : (n - 1) * stride + kernel + rest);
    return withGradients([floats([2, ...size, 3], own), floats([kernel, kernel, 2, 3], own + 1)], (x, f) =>
      tf.conv2dTranspose(
        x as never,
        f as never,
        [2, out(size[0]), out(size[1]), 2],
        stride,
        same ? 'same' : 'valid',
      ),
    );
  },
});

family('depthwise convolutions and their gradients', {
  cases: windows,
  job({ batch, size, kernel, strides, dilations, pad, channels, outputs, seed: own }) {
    const inputs = [
      floats([batch, ...size, channels], own),
      floats([...kernel, channels, Math.min(outputs, 3)], own + 1),
    ];
    const along = typeof pad === 'string' ? pad : 'same';
    const run = (x: Tensor, f: Tensor): Tensor =>
      tf.depthwiseConv2d(x as never, f as never, Math.max(...strides), along, 'NHWC', dilations);
    // The reference engine's gradients of dilated ones are wrong; the cases of test/support have some.
    if (Math.max(...dilations) > 1) return { inputs, run: (x, f) => [run(x, f)] };
    return withGradients(inputs, (x, f) => run(x, f));
  },
  runs: 10,
});

const activations = ['linear', 'relu', 'elu', 'relu6', 'sigmoid', 'leakyrelu', 'prelu'] as const;

family('fused convolutions', {
  cases: fc.record({
    activation: fc.constantFrom(...activations),
    bias: fc.boolean(),
    stride: small,
    depthwise: fc.boolean(),
    seed,
  }),
  job: ({ activation, bias, stride, depthwise, seed: own }) => ({
    inputs: [floats([2, 6, 5, 2], own), floats([3, 3, 2, depthwise ? 1 : 2], own + 1), floats([2], own + 2)],
    run(x, filter, c) {
      const given = {
        ...{ x: x as never, filter: filter as never, strides: stride, pad: 'same' as const },
        ...{ activation, leakyreluAlpha: 0.1 },
        ...(bias ? { bias: c } : {}),
        ...(activation === 'prelu' ? { preluActivationWeights: c } : {}),
      };
      return [depthwise ? tf.fused.depthwiseConv2d(given) : tf.fused.conv2d(given)];
    },
  }),
});
