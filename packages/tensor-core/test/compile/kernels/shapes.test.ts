import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { bools, family, floats, ints, seed, shapes, withGradients, type Range } from '../family';

const withAxis = shapes(1, 4).chain((shape) =>
  fc.record({ shape: fc.constant(shape), axis: fc.integer({ min: 0, max: shape.length - 1 }), seed }),
);

family('transposes, reshapes, copies', {
  cases: fc.tuple(
    withAxis,
    fc.constantFrom('transpose', 'expandDims', 'squeeze', 'tile', 'broadcastTo', 'reverse', 'flat'),
  ),
  job([{ shape, axis, seed: own }, op]) {
    const run: Record<typeof op, (x: Tensor) => Tensor> = {
      transpose: (x) => tf.transpose(x, [axis, ...shape.keys()].filter((at, i) => i === 0 || at !== axis).reverse()), // prettier-ignore
      expandDims: (x) => tf.expandDims(x, -axis - 1),
      squeeze: (x) => tf.squeeze(x),
      tile: (x) => tf.tile(x, shape.map((_, i) => 1 + ((i + axis) % 3))), // prettier-ignore
      broadcastTo: (x) => tf.broadcastTo(tf.slice(x, [0], [1]), [2, ...shape]), // prettier-ignore
      reverse: (x) => tf.reverse(x, [axis, 0].filter((at, i, all) => all.indexOf(at) === i)), // prettier-ignore
      flat: (x) => tf.reshape(x, [-1]),
    };
    return withGradients([floats(shape, own)], run[op]);
  },
  runs: 10,
});

family('parts laid together and taken apart', {
  cases: fc.tuple(withAxis, fc.constantFrom('concat', 'stack', 'unstack', 'split', 'chunks')),
  job([{ shape, axis, seed: own }, op]) {
    const size = shape[axis]!;
    const run: Record<typeof op, (a: Tensor, b: Tensor) => Tensor> = {
      concat: (a, b) => tf.concat([a, b, tf.neg(a)], axis - shape.length),
      stack: (a, b) => tf.stack([a, b], axis),
      unstack: (a, b) =>
        tf.unstack(tf.concat([a, b], axis), axis).reduce((sum: Tensor, part) => tf.add(tf.mul(sum, 2), part)),
      split: (a, b) => {
        const parts = tf.split(tf.concat([a, b], axis), [size, 1, size - 1].filter((n) => n > 0), axis); // prettier-ignore
        return tf.concat([...parts].reverse(), axis);
      },
      chunks: (a, b) => tf.mul(...(tf.split(tf.concat([a, b], axis), 2, axis) as [Tensor, Tensor])),
    };
    return withGradients([floats(shape, own), floats(shape, own + 1)], (a, b) => run[op](a, b));
  },
  runs: 8,
});

/** For each axis where a slice begins and how long it is. */
const slices = shapes(1, 4, 6).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    spans: fc.tuple(...shape.map((size) => fc.integer({ min: 0, max: size - 1 }).chain((from) => fc.tuple(fc.constant(from), fc.integer({ min: 1, max: size - from }))))), // prettier-ignore
    seed,
  }),
);

family('slices', {
  cases: slices,
  job: ({ shape, spans, seed: own }) =>
    withGradients([floats(shape, own)], (x) => tf.slice(x, spans.map(([from]) => from), spans.map(([, size]) => size))), // prettier-ignore
});

const strided = shapes(1, 3, 7).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    ends: fc.tuple(...shape.map((size) => fc.tuple(fc.integer({ min: -size, max: size - 1 }), fc.integer({ min: -size - 1, max: size + 1 }), fc.constantFrom(-3, -2, -1, 1, 2, 3)))), // prettier-ignore
    masks: fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 }), fc.nat({ max: 7 })),
    seed,
  }),
);

// The reference engine goes astray where an axis is dropped and another has a step.
family('slices with steps, open ends and dropped axes', {
  cases: strided,
  job({ shape, ends, masks: [begin, end, shrink], seed: own }) {
    // A dropped axis takes one entry, forwards.
    const steps = ends.map(([, , step], i) => ((shrink >> i) % 2 === 1 ? 1 : step));
    const given = withGradients(
      [floats(shape, own)],
      (x) =>
      tf.stridedSlice(x, ends.map(([from]) => from), ends.map(([, to]) => to), steps, begin & ~shrink, end & ~shrink, 0, 0, shrink & (2 ** shape.length - 1)), // prettier-ignore
    );
    return given;
  },
  reference: 'wasm',
  runs: 10,
});

family('padding by a number and by reflection', {
  cases: shapes(1, 3, 5).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      widths: fc.tuple(
        ...shape.map((size) => fc.tuple(fc.nat({ max: size - 1 }), fc.nat({ max: size - 1 }))),
      ),
      mode: fc.constantFrom('number', 'reflect', 'symmetric'),
      seed,
    }),
  ),
  job: ({ shape, widths, mode, seed: own }) =>
    withGradients([floats(shape, own)], (x) =>
      mode === 'number' ? tf.pad(x, widths, 0.5) : tf.mirrorPad(x, widths, mode),
    ),
  runs: 8,
});

family('blocks of places as channels and as batch', {
  cases: fc.record({
    op: fc.constantFrom('depth', 'depth first', 'to batch', 'from batch'),
    block: fc.constantFrom(2, 3),
    seed,
  }),
  job({ op, block, seed: own }) {
    if (op === 'depth')
      return withGradients([floats([2, 3, 2, 2 * block ** 2], own)], (x) =>
        tf.depthToSpace(x as never, block, 'NHWC'),
      );
    if (op === 'depth first')
      return {
        inputs: [floats([2, 2 * block ** 2, 3, 2], own)],
        run: (x) => [tf.depthToSpace(x as never, block, 'NCHW')],
      };
    // The eager gradients of the last two drop axes.
    if (op === 'to batch')
      return { inputs: [floats([2, 2 * block - 1, 3 * block, 3], own)], run: (x) => [tf.spaceToBatchND(x, [block, block], [[1, 0], [0, block]])] }; // prettier-ignore
    return { inputs: [floats([2 * block ** 2, 2, 3, 2], own)], run: (x) => [tf.batchToSpaceND(x, [block, block], [[1, 0], [0, 1]])] }; // prettier-ignore
  },
  // The reference engine knows channels last only.
  reference: 'wasm',
});

family('the same moves of whole numbers and truth values', {
  cases: fc.tuple(
    slices,
    fc.boolean(),
    fc.constantFrom('slice', 'transpose', 'concat', 'tile', 'reverse', 'pad', 'reshape', 'stack', 'mirror'),
  ),
  job: ([{ shape, spans, seed: own }, whole, op]) => ({
    inputs: [whole ? ints(shape, own) : bools(shape, own)],
    run(x) {
      const run: Record<typeof op, (value: Tensor) => Tensor> = {
        slice: (value) => tf.slice(value, spans.map(([from]) => from), spans.map(([, size]) => size)), // prettier-ignore
        transpose: (value) => tf.transpose(value),
        concat: (value) => tf.concat([value, value]),
        tile: (value) => (whole ? tf.tile(value, shape.map(() => 2)) : value), // prettier-ignore
        reverse: (value) => (whole ? tf.reverse(value, 0) : value),
        pad: (value) => (whole ? tf.pad(value, shape.map(() => [1, 2]), 1) : value), // prettier-ignore
        reshape: (value) => tf.reshape(value, [-1]),
        stack: (value) => tf.stack([value, value], 1),
        mirror: (value) => (whole ? tf.mirrorPad(value, shape.map(() => [0, 1]), 'symmetric') : value), // prettier-ignore
      };
      return [run[op](x)];
    },
  }),
});

const range: Range = [-10, 10];

family('numbers made of nothing', {
  cases: fc.record({ start: fc.integer({ min: -5, max: 5 }), stop: fc.integer({ min: -5, max: 12 }), step: fc.constantFrom(1, 2, 3, 0.5), count: fc.integer({ min: 1, max: 6 }), seed }), // prettier-ignore
  job: ({ start, stop, step, count, seed: own }) => ({
    inputs: [floats([1], own, range)],
    run: (x) => [
      tf.add(x, tf.range(start, Math.max(start + 1, stop), step)),
      tf.add(x, tf.linspace(start, stop, count)),
      tf.mul(x, tf.fill([count, 2], start)),
      tf.add(tf.cast(tf.zerosLike(x), 'int32'), tf.range(0, count, 1, 'int32')),
    ],
  }),
});
