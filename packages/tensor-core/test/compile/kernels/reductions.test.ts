import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { bools, family, floats, ints, seed, shapes, withGradients } from '../family';

type Reduce = (x: Tensor, axes: number[], keep: boolean) => Tensor;

const reductions: Record<string, Reduce> = {
  sum: (x, axes, keep) => tf.sum(x, axes, keep),
  mean: (x, axes, keep) => tf.mean(x, axes, keep),
  max: (x, axes, keep) => tf.max(x, axes, keep),
  min: (x, axes, keep) => tf.min(x, axes, keep),
  prod: (x, axes, keep) => tf.prod(x, axes, keep),
  logSumExp: (x, axes, keep) => tf.logSumExp(x, axes, keep),
  norm: (x, axes, keep) => (axes.length > 2 ? tf.sum(x, axes, keep) : tf.norm(x, 'euclidean', axes, keep)),
  variance: (x, axes, keep) => tf.moments(x, axes, keep).variance,
};

/** A shape, and some of its axes in any order, also counted from the end. */
const over = shapes(1, 4).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axes: fc
      .shuffledSubarray([...shape.keys()], { minLength: 1 })
      .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length)))),
    keep: fc.boolean(),
    seed,
  }),
);

family('reductions and their gradients', {
  cases: fc.tuple(fc.constantFrom(...Object.keys(reductions)), over),
  job: ([op, { shape, axes, keep, seed: own }]) =>
    withGradients([floats(shape, own)], (x) => reductions[op]!(x, [...axes], keep)),
  runs: 10,
});

family('reductions of a transposed value', {
  cases: fc.tuple(fc.constantFrom(...Object.keys(reductions)), over, fc.nat()),
  job([op, { shape, axes, keep, seed: own }, turn]) {
    const order = [...shape.keys()].map((axis) => (axis + turn) % shape.length);
    const before = order.map((_, i) => shape[order.indexOf(i)]!);
    return withGradients([floats(before, own)], (x) =>
      reductions[op]!(tf.transpose(x, order), [...axes], keep),
    );
  },
});

family('reductions of whole numbers and of truth values', {
  cases: fc.tuple(fc.constantFrom('sum', 'max', 'min', 'prod', 'any', 'all'), over),
  job([op, { shape, axes, keep, seed: own }]) {
    if (op === 'any') return { inputs: [bools(shape, own)], run: (x) => [tf.any(x, [...axes], keep)] };
    if (op === 'all') return { inputs: [bools(shape, own)], run: (x) => [tf.all(x, [...axes], keep)] };
    return { inputs: [ints(shape, own)], run: (x) => [reductions[op]!(x, [...axes], keep)] };
  },
});

family('the places of the largest and the smallest, the first of several', {
  cases: fc.tuple(fc.constantFrom('argMax', 'argMin'), over, fc.boolean()),
  job: ([op, { shape, axes, seed: own }, withTies]) => ({
    inputs: [withTies ? ints(shape, own) : floats(shape, own)],
    run: (x) => [op === 'argMax' ? tf.argMax(x, axes[0]) : tf.argMin(x, axes[0])],
  }),
});

family('softmax and its logarithm', {
  cases: fc.record({ shape: shapes(1, 4, 5), seed, logarithm: fc.boolean(), large: fc.boolean() }),
  job: ({ shape, seed: own, logarithm, large }) =>
    withGradients([floats(shape, own, large ? [-90, 90] : [-2, 2])], (x) =>
      logarithm ? tf.logSoftmax(x) : tf.softmax(x),
    ),
});

family('running sums and products', {
  cases: shapes(1, 3, 6).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      axis: fc.integer({ min: 0, max: shape.length - 1 }),
      exclusive: fc.boolean(),
      reverse: fc.boolean(),
      product: fc.boolean(),
      whole: fc.boolean(),
      seed,
    }),
  ),
  job({ shape, axis, exclusive, reverse, product, whole, seed: own }) {
    const scan = (x: Tensor): Tensor =>
      product ? tf.cumprod(x, axis, exclusive, reverse) : tf.cumsum(x, axis, exclusive, reverse);
    if (whole) return { inputs: [ints(shape, own)], run: (x) => [scan(x)] };
    return withGradients([floats(shape, own)], scan);
  },
  runs: 10,
});
