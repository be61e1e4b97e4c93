import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { matmul, transpose } from '@lab/tensor-core/linalg64';
import { key, split } from '@lab/tensor-core/random';
import '@lab/testing';
import { headStep, pseudoContrastiveStep, representationStep } from '../../src';
import { column, coins, gaussian, matrix } from '../support/matrices';

const weights = matrix([1, 0], [0, 1], [1, -1]);
const x = matrix([1, 2], [-1, 1], [2, -1]);
/** [n, T], the transpose of the paper's. */
const labels = matrix([1, 1], [-1, 1], [1, -1]);
const plain = { loss: 'correlation', etaHead: 1, centerLabels: false } as const;

// Spec C1, by hand: relu(X W^T) = [[1,2,0],[0,1,0],[2,0,3]].
describe('the hand example', () => {
  test('heads after one step', async () => {
    expect((await headStep(weights, { x, y: column(labels, 0) }, plain)).head).toBeAllclose([1, 1 / 3, 1]);
    expect((await headStep(weights, { x, y: column(labels, 1) }, plain)).head).toBeAllclose([-1 / 3, 1, -1]);
  });

  const gradient = matrix([-5 / 9, 0], [-1 / 9, -5 / 9], [-2 / 3, 1 / 3]);
  test('the representation step is minus the gradient with heads fixed', async () => {
    const tasks = await Promise.all(
      [0, 1].map(async (t) => ({
        x,
        y: column(labels, t),
        ...(await headStep(weights, { x, y: column(labels, t) }, plain)),
      })),
    );
    const update = await representationStep(weights, tasks, plain);
    expect(update.data.map((value) => -value)).toBeAllclose(gradient.data, { atol: 1e-12 });
    const doubled = await representationStep(weights, tasks, { ...plain, stepSize: 2 });
    expect(doubled).toBeAllclose({ ...update, data: update.data.map((value) => 2 * value) });
  });

  test('the pseudo-contrastive form gives the same without heads', () => {
    const options = { excludeDiagonal: false } as const;
    const fixed = pseudoContrastiveStep(weights, { x, labels }, options);
    expect(fixed.loss).toBeAllclose(-19 / 9, { rtol: 1e-12 });
    expect(fixed.gradient).toBeAllclose(gradient, { atol: 1e-12 });
    const full = pseudoContrastiveStep(weights, { x, labels }, { ...options, gradient: 'full' });
    expect(full.gradient.data).toBeAllclose(
      gradient.data.map((value) => 2 * value),
      { atol: 1e-12 },
    );
  });
});

const sizes = [
  fc.integer({ min: 2, max: 12 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 6 }),
];

// Spec C2: (1/T) sum_t ||(1/n) sum_i y_ti relu(W x_i)||^2 = (1/n^2) sum_ij rho_ij relu_i . relu_j, with or without i = j.
property.prop([fc.integer(), ...sizes] as [fc.Arbitrary<number>, ...typeof sizes])(
  'the loss is the double sum over pairs',
  (seed, n, t, m) => {
    const [a, b, c] = split(key(seed), 3);
    const [w, rows, y] = [gaussian(a!, m, 3), gaussian(b!, n, 3), coins(c!, n, t)];
    const relu = matmul(rows, transpose(w)).data.map((value) => Math.max(0, value));
    const at = { shape: [n, m], data: relu };
    const similar = matmul(at, transpose(at)).data;
    const rho = matmul(y, transpose(y)).data.map((value) => value / t);
    for (const excludeDiagonal of [false, true]) {
      let sum = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          if (!excludeDiagonal || i !== j) sum += rho[i * n + j]! * similar[i * n + j]!;
      const pairs = n * (excludeDiagonal ? n - 1 : n);
      const { loss } = pseudoContrastiveStep(w, { x: rows, labels: y }, { excludeDiagonal });
      expect(loss).toBeAllclose(-sum / pairs, { rtol: 1e-10, atol: 1e-10 });
    }
  },
);

// Spec C14: central differences, with every preactivation away from its kink.
test.each([true, false])(
  'the full gradient is the derivative of the loss (self pairs left out: %s)',
  (excludeDiagonal) => {
    const [a, b, c] = split(key(5), 3);
    const [w, rows, y] = [gaussian(a!, 4, 3), gaussian(b!, 9, 3), coins(c!, 9, 5)];
    const least = matmul(rows, transpose(w)).data.reduce((low, value) => Math.min(low, Math.abs(value)), 1);
    expect(least).toBeGreaterThan(1e-3);
    const options = { excludeDiagonal, gradient: 'full' } as const;
    const lossAt = (at: number, by: number): number => {
      const moved = { ...w, data: w.data.map((value, i) => (i === at ? value + by : value)) };
      return pseudoContrastiveStep(moved, { x: rows, labels: y }, options).loss;
    };
    const numeric = w.data.map((_, i) => (lossAt(i, 1e-5) - lossAt(i, -1e-5)) / 2e-5);
    const { gradient } = pseudoContrastiveStep(w, { x: rows, labels: y }, options);
    expect(gradient.data).toBeAllclose(numeric, { rtol: 1e-6, atol: 1e-9 });
  },
);

// For outputs all below 1 the hinge is 1 - y g: the same slope as the correlation loss (spec C11).
test('hinge equals correlation while outputs stay below 1', async () => {
  const [a, b, c] = split(key(7), 3);
  const [w, rows, y] = [gaussian(a!, 8, 5), gaussian(b!, 40, 5), column(coins(c!, 40, 1), 0)];
  const step = async (loss: 'hinge' | 'correlation') => {
    const options = { loss, etaHead: 0.01, centerLabels: true } as const;
    const head = await headStep(w, { x: rows, y }, options);
    return representationStep(w, [{ x: rows, y, ...head }], options);
  };
  expect(await step('hinge')).toBeAllclose(await step('correlation'), { rtol: 0, atol: 0 });
});

test('missing labels weigh nothing, and bad shapes are refused', () => {
  const y = matrix([1, 1], [-1, NaN], [1, -1]);
  const zero = matrix([1, 1], [-1, 0], [1, -1]);
  const step = (table: typeof y) => pseudoContrastiveStep(weights, { x, labels: table }).gradient;
  expect(step(y)).toBeAllclose(step(zero), { rtol: 0 });
  expect(() => step(matrix([1], [-1]))).toThrow(/do not fit together/);
});
