import { grad, hvp, tf, type Tensor } from '@lab/tensor-core';
import type { OpCase } from './cases';

/** Numbers evenly spread over the range in a shuffled order: no ties, none near zero, the same every time. */
export function spread(
  size: number,
  seed: number,
  [low, high]: readonly [number, number] = [-1.5, 1.5],
): Float32Array {
  const order = Array.from({ length: size }, (_, i) => i);
  let state = 12345 + 7919 * seed;
  for (let i = size - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  // Inputs of different seeds are shifted against each other, so that they have no ties either.
  const shift = 0.2 + 0.25 * (seed % 3);
  return Float32Array.from(order, (k) => low + ((high - low) * (k + shift)) / size);
}

export function inputsOf({ shapes, range }: OpCase): Float32Array[] {
  return shapes.map((shape, i) => spread(sizeOf(shape), i, range));
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function tensors({ shapes }: OpCase, values: readonly Float32Array[]): Tensor[] {
  return shapes.map((shape, i) => tf.tensor(values[i] as Float32Array, shape));
}

/** Runs what makes one tensor, or a list, and gives their numbers; everything else is freed. */
function numbers(body: () => Tensor[]): Float32Array[] {
  const found = tf.tidy(() => body());
  const values = found.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose(found);
  return values;
}

export function forward(op: OpCase, values = inputsOf(op)): Float32Array {
  return numbers(() => [tf.cast(op.run(...tensors(op, values)), 'float32')])[0] as Float32Array;
}

/** A fixed direction in the output that a derivative is taken of; half its square makes the second order say something. */
export function objective(op: OpCase, weights: Float32Array): (inputs: Tensor[]) => Tensor {
  return (inputs) => {
    const output = op.run(...inputs);
    const w = tf.tensor(weights, output.shape);
    return tf.add(tf.sum(tf.mul(output, w)), tf.mul(0.5, tf.sum(tf.square(tf.mul(output, w)))));
  };
}

function objective64(output: Float32Array, weights: Float32Array): number {
  return output.reduce(
    (total, y, i) => total + y * (weights[i] as number) + 0.5 * (y * (weights[i] as number)) ** 2,
    0,
  );
}

export function gradients(op: OpCase, values = inputsOf(op)): Float32Array[] {
  const weights = spread(forward(op).length, 5, [-1, 1]);
  return numbers(() => grad(objective(op, weights))(tensors(op, values)));
}

export function secondOrder(op: OpCase): Float32Array[] {
  const weights = spread(forward(op).length, 5, [-1, 1]);
  const along = inputsOf(op).map((each, i) => spread(each.length, i + 7, [-1, 1]));
  return numbers(() => hvp(objective(op, weights))(tensors(op, inputsOf(op)), tensors(op, along)));
}

const step = 2 ** -6;

/** Fourth-order central difference of a function of one number, in float64. */
function slope(at: (offset: number) => number): number {
  return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
}

/** The gradients by differences: outputs are float32, all sums and differences float64. */
export function numericGradients(op: OpCase): Float64Array[] {
  const values = inputsOf(op);
  const weights = spread(forward(op).length, 5, [-1, 1]);
  return values.map((own, i) =>
    Float64Array.from(own, (_, j) =>
      slope((offset) => {
        const moved = values.map((each) => each.slice());
        const target = moved[i] as Float32Array;
        target[j] = (own[j] as number) + offset;
        return objective64(forward(op, moved), weights);
      }),
    ),
  );
}

/** The derivative of the gradients along the direction that `secondOrder` takes, by differences. */
export function numericSecondOrder(op: OpCase): Float64Array[] {
  const values = inputsOf(op);
  const along = values.map((each, i) => spread(each.length, i + 7, [-1, 1]));
  const at = (offset: number): Float32Array[] =>
    gradients(
      op,
      values.map((each, i) => each.map((x, j) => x + offset * (along[i]?.[j] as number))),
    );
  const [a, b, c, d] = [at(step), at(-step), at(2 * step), at(-2 * step)];
  return values.map((own, i) =>
    Float64Array.from(own, (_, j) => {
      const [p, q, r, s] = [a[i]?.[j], b[i]?.[j], c[i]?.[j], d[i]?.[j]] as [number, number, number, number];
      return (8 * (p - q) - (r - s)) / (12 * step);
    }),
  );
}

/** Largest difference, relative to the size of the numbers (at least 1). */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let [worst, scale] = [0, 1];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Number.isNaN(x) || Number.isNaN(y)) return Infinity;
    worst = Math.max(worst, Math.abs(x - y));
    scale = Math.max(scale, Math.abs(y));
  }
  return worst / scale;
}

export function distances(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  return Math.max(...a.map((each, i) => distance(each, b[i] ?? [])));
}
