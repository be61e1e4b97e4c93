import { tf, type Tensor } from '@lab/tensor-core';
import fc from 'fast-check';
import { family, floats, seed, withGradients } from '../family';

const size = fc.integer({ min: 1, max: 5 });

/** Batch axes of two factors that broadcast. */
const batches = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    fc.nat({ max: 2 }),
    fc.nat({ max: 3 }),
    fc.boolean(),
  )
  .map(([batch, left, ones, swap]): [number[], number[]] => {
    const a = batch.map((each, i) => ((ones >> i) % 2 === 1 ? 1 : each));
    const b = batch.slice(Math.min(left, batch.length));
    return swap ? [b, a] : [a, b];
  });

const product = fc.record({
  batches,
  rows: size,
  inner: size,
  columns: size,
  turnA: fc.boolean(),
  turnB: fc.boolean(),
  seed,
});

family('matrix products: transposed, batched, broadcast', {
  cases: product,
  job({ batches: [a, b], rows, inner, columns, turnA, turnB, seed: own }) {
    const first = floats([...a, ...(turnA ? [inner, rows] : [rows, inner])], own);
    const second = floats([...b, ...(turnB ? [columns, inner] : [inner, columns])], own + 1);
    return withGradients([first, second], (x, y) => tf.matMul(x, y, turnA, turnB));
  },
  // The reference engine does not broadcast batches.
  reference: 'wasm',
  together: 30,
});

family('matrix products of scaled and turned factors', {
  cases: product,
  job({ batches: [a, b], rows, inner, columns, turnA, turnB, seed: own }) {
    const turned = (x: Tensor): Tensor => tf.transpose(x, [...Array(x.rank - 2).keys(), x.rank - 1, x.rank - 2]); // prettier-ignore
    const first = floats([...a, ...(turnA ? [inner, rows] : [rows, inner])], own);
    const second = floats([...b, ...(turnB ? [columns, inner] : [inner, columns])], own + 1);
    return withGradients([first, second], (x, y) =>
      tf.matMul(tf.mul(turnA ? turned(x) : x, 0.25), tf.mul(-3, turnB ? turned(y) : y)),
    );
  },
  reference: 'wasm',
  together: 30,
});

const activations = ['linear', 'relu', 'elu', 'relu6', 'sigmoid', 'leakyrelu', 'prelu'] as const;

family('fused matrix products', {
  cases: fc.record({
    activation: fc.constantFrom(...activations),
    bias: fc.boolean(),
    turnA: fc.boolean(),
    turnB: fc.boolean(),
    seed,
  }),
  job: ({ activation, bias, turnA, turnB, seed: own }) => ({
    inputs: [
      floats(turnA ? [3, 2] : [2, 3], own),
      floats(turnB ? [4, 3] : [3, 4], own + 1),
      floats([4], own + 2),
    ],
    run: (a, b, c) => [
      tf.fused.matMul({
        ...{ a: a, b: b, transposeA: turnA, transposeB: turnB, activation, leakyreluAlpha: 0.1 },
        ...(bias ? { bias: c } : {}),
        ...(activation === 'prelu' ? { preluActivationWeights: c } : {}),
      }),
    ],
  }),
});

const labels = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 });

family('einsum', {
  cases: fc.record({ terms: fc.array(labels, { minLength: 1, maxLength: 3 }), choice: fc.nat(), seed }),
  job({ terms, choice, seed: own }) {
    const sizes: Record<string, number> = { a: 2, b: 3, c: 1, d: 4 };
    const output = [...new Set(terms.flat())].filter((_, i) => (choice >> i) % 2 === 0);
    if (choice % 3 === 0) output.reverse();
    const equation = `${terms.map((term) => term.join('')).join(',')}->${output.join('')}`;
    const inputs = terms.map((term, i) => floats(term.map((label) => sizes[label]!), own + i)); // prettier-ignore
    return withGradients(inputs, (...xs) => tf.einsum(equation, ...xs));
  },
  reference: 'wasm',
  runs: 8,
});
