import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { family, floats, seed, shapes, sizeOf, withGradients } from '../family';

/*
 * The graph moves transposes behind what it can compute before them. Whatever it makes of a chain of ops must have the
 * values of the chain: here chains of any ops, with choices that are numbers until the shape is known.
 */

type Step = (x: Tensor, choice: number, other: Tensor) => Tensor;

const order = (rank: number, choice: number): number[] => {
  const axes = Array.from({ length: rank }, (_, i) => i);
  for (let i = rank - 1, rest = choice; i > 0; i--) {
    const j = rest % (i + 1);
    rest = Math.floor(rest / (i + 1));
    [axes[i], axes[j]] = [axes[j]!, axes[i]!];
  }
  return axes;
};

/** Splits the size into the shapes that it has, by its smallest factors, in an order that the choice says. */
function factored(size: number, choice: number): number[] {
  const factors: number[] = [];
  for (let rest = size, factor = 2; rest > 1;)
    if (rest % factor === 0) {
      factors.push(factor);
      rest /= factor;
    } else factor++;
  const axes = order(factors.length, choice).map((at) => factors[at]!);
  while (axes.length > 1 + (choice % 4)) axes.splice(choice % (axes.length - 1), 2, axes[choice % (axes.length - 1)]! * axes[(choice % (axes.length - 1)) + 1]!); // prettier-ignore
  if (choice % 5 === 0) axes.splice(choice % (axes.length + 1), 0, 1);
  return axes;
}

/** Merges two neighbouring axes, or splits one: what keeps its place through a transpose. */
function regrouped(shape: readonly number[], choice: number): number[] {
  const axis = choice % Math.max(1, shape.length);
  const size = shape[axis] ?? 1;
  if (choice % 2 === 0 && axis + 1 < shape.length)
    return [...shape.slice(0, axis), size * shape[axis + 1]!, ...shape.slice(axis + 2)];
  const part = [2, 3, 1].find((each) => size % each === 0)!;
  return [...shape.slice(0, axis), size / part, part, ...shape.slice(axis + 1)];
}

const axisOf = (x: Tensor, choice: number): number => choice % Math.max(1, x.rank);
const atMost5 = (x: Tensor, shape: number[]): Tensor => (shape.length > 5 ? x : tf.reshape(x, shape));

const steps: Record<string, Step> = {
  transpose: (x, choice) => tf.transpose(x, order(x.rank, choice)),
  'transpose again': (x, choice) => tf.transpose(tf.relu(tf.transpose(x, order(x.rank, choice)))),
  reshape: (x, choice) => atMost5(x, factored(x.size, choice)),
  regroup: (x, choice) => atMost5(x, regrouped(x.shape, choice)),
  relu: (x) => tf.leakyRelu(x, 0.3),
  'add a number': (x, choice) => tf.add(x, choice % 7),
  'add along an axis': (x, choice, other) => {
    const shape = x.shape.map((size, i) => (i === axisOf(x, choice) ? size : 1));
    if (sizeOf(shape) > other.size) return x;
    return tf.add(x, tf.reshape(tf.slice(tf.reshape(other, [-1]), [0], [sizeOf(shape)]), shape));
  },
  'times itself turned': (x, choice) => {
    const perm = order(x.rank, choice);
    const back = perm.map((_, i) => perm.indexOf(i));
    return tf.mul(x, tf.transpose(tf.sigmoid(tf.transpose(x, perm)), back));
  },
  'minus its mean': (x, choice) => (x.rank === 0 ? x : tf.sub(x, tf.mean(x, axisOf(x, choice), true))),
  'sum of an axis': (x, choice) => (x.rank < 2 ? x : tf.sum(x, axisOf(x, choice))),
  'soft maximum of two axes': (x, choice) =>
    x.rank < 3 ? x : tf.logSumExp(x, order(x.rank, choice).slice(0, 2)),
  'copied along an axis': (x, choice) => (x.size > 100 || x.rank === 0 ? x : tf.mul(tf.mean(x, axisOf(x, choice), true), tf.onesLike(x))), // prettier-ignore
  slice: (x, choice) => {
    const axis = axisOf(x, choice);
    if ((x.shape[axis] ?? 1) < 2) return x;
    return tf.slice(x, x.shape.map((_, i) => (i === axis ? 1 : 0)), x.shape.map((size, i) => (i === axis ? size - 1 : size))); // prettier-ignore
  },
  reverse: (x, choice) => (x.rank === 0 ? x : tf.reverse(x, axisOf(x, choice))),
  pad: (x, choice) => x.rank === 0 ? x : tf.pad(x, x.shape.map((_, i): [number, number] => (i === axisOf(x, choice) ? [choice % 2, 1] : [0, 0])), 0.5), // prettier-ignore
  'concat with its negative': (x, choice) => (x.size > 100 || x.rank === 0 ? x : tf.concat([x, tf.neg(x)], axisOf(x, choice))), // prettier-ignore
  'split and swapped': (x, choice) => {
    const axis = axisOf(x, choice);
    const size = x.shape[axis] ?? 1;
    if (size < 2) return x;
    const [a, b] = tf.split(x, [1, size - 1], axis) as [Tensor, Tensor];
    return tf.concat([b, a], axis);
  },
  'matrix product': (x, choice) => {
    if (x.rank < 2) return x;
    return tf.tanh(tf.matMul(x, x, choice % 2 === 0, choice % 2 === 1));
  },
  softmax: (x) => (x.rank === 0 ? x : tf.softmax(x)),
};

const chains = fc.record({
  shape: shapes(1, 4),
  seed,
  chain: fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat({ max: 5040 })), {
    minLength: 1,
    maxLength: 12,
    size: 'max',
  }),
});

family('chains of ops keep their values and gradients', {
  cases: chains,
  job: ({ shape, seed: own, chain }) =>
    withGradients([floats(shape, own), floats([1000], own + 1)], (x, other) =>
      chain.reduce((value, [name, choice]) => steps[name]!(value, choice, other), tf.mul(x, 1)),
    ),
  // The reference engine does not broadcast batches of matrices.
  reference: 'wasm',
  together: 10,
  runs: 25,
});
