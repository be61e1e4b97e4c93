import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { family, floats, ints, seed, shapes, sizeOf, withGradients, type Range } from '../family';
import type { Given, Job } from '../support';

/** A job with indices as a second input, through which nothing is differentiated. */
function withIndices(x: Given, indices: Given, run: (x: Tensor, indices: Tensor) => Tensor): Job {
  const { run: both } = withGradients([x], (each) => run(each, current!));
  let current: Tensor | undefined;
  return {
    inputs: [x, indices],
    run(value, at) {
      current = at;
      return both(value);
    },
  };
}

const gathering = shapes(1, 4).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    axis: fc.integer({ min: 0, max: shape.length - 1 }),
    own: shapes(1, 2, 3),
    batched: fc.boolean(),
    seed,
  }),
);

family('gather and its gradient', {
  cases: gathering,
  job({ shape, axis, own, batched, seed: from }) {
    const batch = batched ? shape.slice(0, Math.min(axis, 1)) : [];
    const indices = ints([...batch, ...own], from, [0, shape[axis]!]);
    return withIndices(floats(shape, from), indices, (x, at) => tf.gather(x, at, axis, batch.length));
  },
  runs: 12,
});

family('sums of segments, with ids that are out of range', {
  cases: fc.record({ ids: shapes(1, 1, 6), row: shapes(0, 2), segments: fc.integer({ min: 1, max: 5 }), whole: fc.boolean(), seed }), // prettier-ignore
  job({ ids, row, segments, whole, seed: from }) {
    const at = ints(ids, from, [-1, segments + 1]);
    const run = (x: Tensor, each: Tensor): Tensor => tf.unsortedSegmentSum(x, each as never, segments);
    if (whole) return { inputs: [ints([...ids, ...row], from), at], run: (x, each) => [run(x, each)] };
    return withIndices(floats([...ids, ...row], from), at, run);
  },
  // The reference engine sums ids out of range where they do not belong.
  reference: 'wasm',
});

const addressed = shapes(1, 3).chain(
  (shape) =>
  fc.record({ shape: fc.constant(shape), depth: fc.integer({ min: 1, max: shape.length }), count: fc.integer({ min: 1, max: 5 }), seed }), // prettier-ignore
);

/** Indices of `count` places that fit into the first `depth` axes. */
function places(shape: readonly number[], depth: number, count: number, from: number): Given {
  const columns = shape.slice(0, depth).map((size, i) => ints([count], from + i, [0, size]).values);
  return { shape: [count, depth], dtype: 'int32', values: Array.from({ length: count * depth }, (_, at) => columns[at % depth]![Math.floor(at / depth)]!) }; // prettier-ignore
}

family('gatherND, scatterND', {
  cases: fc.tuple(addressed, fc.boolean()),
  job([{ shape, depth, count, seed: from }, scatter]) {
    const at = places(shape, depth, count, from);
    if (!scatter) return withIndices(floats(shape, from), at, (x, each) => tf.gatherND(x, each));
    const updates = floats([count, ...shape.slice(depth)], from);
    return withIndices(updates, at, (x, each) => tf.scatterND(each, x, shape));
  },
  runs: 8,
});

family('tensorScatterUpdate', {
  cases: addressed,
  job: ({ shape, depth, count, seed: from }) => ({
    // One place only: which of several updates of a place stays is not said.
    inputs: [
      floats(shape, from),
      places(shape, depth, Math.min(count, 1), from),
      floats([Math.min(count, 1), ...shape.slice(depth)], from + 1),
    ],
    run: (x, at, updates) => [tf.tensorScatterUpdate(x, at, updates)],
  }),
});

family('the k largest, the first of equal ones first', {
  cases: shapes(1, 3, 6).chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      k: fc.integer({ min: 0, max: shape.at(-1)! }),
      ties: fc.boolean(),
      seed,
    }),
  ),
  job({ shape, k, ties, seed: from }) {
    const given = ties ? ints(shape, from) : floats(shape, from);
    return {
      inputs: [given],
      run(x) {
        const { values, indices } = tf.topk(x, k);
        return [values, indices];
      },
    };
  },
});

family('oneHot, with ids that are out of range', {
  cases: fc.record({
    shape: shapes(0, 2),
    depth: fc.integer({ min: 2, max: 4 }),
    on: fc.constantFrom(1, 5),
    seed,
  }),
  job: ({ shape, depth, on, seed: from }) => ({
    inputs: [ints(shape, from, [-1, depth + 1])],
    run: (at) => [tf.oneHot(at, depth, on, -1), tf.oneHot(at, depth, 2.5, 0.5, 'float32')],
  }),
});

const range: Range = [-2, 2];

family('ids that are computed', {
  cases: fc.record({ shape: shapes(2, 3), seed }),
  job: ({ shape, seed: from }) =>
    withGradients([floats(shape, from, range)], (x) => {
      const at = tf.argMax(tf.reshape(x, [shape[0]!, sizeOf(shape) / shape[0]!]), 1);
      return tf.gather(tf.reshape(x, [shape[0]!, -1]), tf.cast(at, 'int32'), 1, 1);
    }),
});
