import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { lstsq } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import '@lab/testing';
import {
  denseParams,
  evaluateProbe,
  fitProbe,
  probeScores,
  reluFeatures,
  reluLayer,
  transform,
} from '../../src';
import { ridge } from '../../src/probe/ridge';
import { logistic, scoresOf } from '../../src/probe/logistic';
import { hinge } from '../../src/probe/hinge';
import { coins, gaussian, matrix } from '../support/matrices';
import { trainOn } from '../support/problems';

const problem = (seed: number, n: number, m: number) => {
  const phi = gaussian(foldIn(key(seed), 0), n, m);
  const noise = gaussian(foldIn(key(seed), 1), n, 1).data;
  const y = Float64Array.from({ length: n }, (_, i) => (phi.data[i * m]! + 0.5 + noise[i]! >= 0 ? 1 : -1));
  return { phi, y };
};

describe('ridge', () => {
  // One feature, by hand: x = 0, 2; y = -1, 1: covariance 1, variance 1, so slope 1 / (1 + l2).
  test('one feature', () => {
    const { coefficients, intercept } = ridge(matrix([0], [2]), Float64Array.of(-1, 1), { l2: 1 });
    expect(coefficients).toBeAllclose([0.5]);
    expect(intercept).toBeAllclose(-0.5);
  });

  // Least squares on rows stacked with sqrt(n l2) I has the same normal equations; primal and dual form alike.
  property.prop([fc.integer(), fc.integer({ min: 2, max: 12 }), fc.integer({ min: 1, max: 12 })])(
    'equals stacked least squares',
    (seed, n, m) => {
      const { phi, y } = problem(seed, n, m);
      const root = Math.sqrt(n * 0.1);
      const stacked = new Float64Array((n + m) * (m + 1));
      for (let i = 0; i < n; i++) {
        stacked.set(phi.data.subarray(i * m, (i + 1) * m), i * (m + 1));
        stacked[i * (m + 1) + m] = 1;
      }
      for (let j = 0; j < m; j++) stacked[(n + j) * (m + 1) + j] = root;
      const right = { shape: [n + m], data: Float64Array.of(...y, ...new Float64Array(m)) };
      const { x } = lstsq({ shape: [n + m, m + 1], data: stacked }, right);
      const { coefficients, intercept } = ridge(phi, y, { l2: 0.1 });
      expect([...coefficients, intercept]).toBeAllclose(x.data, { rtol: 1e-8, atol: 1e-8 });
    },
  );

  test('a weight of two is a row twice', () => {
    const { phi, y } = problem(3, 6, 2);
    const twice = matrix(...[0, 1, 2, 3, 4, 5, 0].map((i) => [...phi.data.subarray(2 * i, 2 * i + 2)]));
    const weighted = ridge(phi, y, { l2: 0.1, weights: Float64Array.of(2, 1, 1, 1, 1, 1) });
    expect(weighted).toEqual(
      expect.objectContaining({
        intercept: expect.closeTo(ridge(twice, Float64Array.of(...y, y[0]!), { l2: 0.1 }).intercept, 10),
      }),
    );
  });
});

// The gradient of a convex objective vanishes at its minimum; the objective is written down anew here.
test('logistic regression is stationary', () => {
  const { phi, y } = problem(1, 80, 3);
  const found = logistic(phi, y, { l2: 0.1 });
  const s = scoresOf(found, phi);
  const pull = y.map((label, i) => -label / (1 + Math.exp(label * s[i]!)) / 80);
  expect(pull.reduce((sum, value) => sum + value, 0)).toBeAllclose(0, { atol: 1e-5 });
  for (let j = 0; j < 3; j++) {
    const slope = pull.reduce(
      (sum, value, i) => sum + value * phi.data[i * 3 + j]!,
      0.1 * found.coefficients[j]!,
    );
    expect(slope).toBeAllclose(0, { atol: 1e-5 });
  }
});

// Two points at -1 and 1: the widest margin is score = x once l2 is small enough that both bounds are free.
test('the support vector machine finds the widest margin', () => {
  const found = hinge(matrix([-1], [1]), Float64Array.of(-1, 1), { l2: 0.01 });
  expect(found.coefficients).toBeAllclose([1], { atol: 1e-3 });
  expect(found.intercept).toBeAllclose(0, { atol: 1e-3 });
});

test.each(['ridge', 'logistic', 'hinge'] as const)('%s separates what is separable', (kind) => {
  const phi = gaussian(key(4), 200, 2);
  const y = Float64Array.from({ length: 200 }, (_, i) => (phi.data[2 * i]! > phi.data[2 * i + 1]! ? 1 : 0));
  const probe = fitProbe(phi, y, { kind, l2: 1e-3, classWeight: 'balanced' });
  expect(evaluateProbe(probe, phi, y).accuracy).toBeGreaterThan(0.97);
});

// AUC by counting pairs; log-loss of score 0 is log 2.
test('scores', () => {
  const probe = { kind: 'ridge', coefficients: Float64Array.of(1), intercept: 0 } as const;
  const found = evaluateProbe(probe, matrix([3], [1], [1], [-2]), [1, 1, -1, -1]);
  expect(found.accuracy).toBe(0.75);
  expect(found.auc).toBeAllclose(3.5 / 4);
  expect(evaluateProbe(probe, matrix([0], [0]), [1, -1]).logLoss).toBeAllclose(Math.log(2));
});

test('biases make what is not homogeneous', async () => {
  // Without biases a score is a |z| + b z + c: it can cut |z| once, not a band out of it.
  const z = gaussian(key(6), 2000, 1);
  const y = z.data.map((value) => (Math.abs(value) > 0.4 && Math.abs(value) < 1.1 ? 1 : -1));
  const weights = gaussian(key(7), 40, 1);
  const accuracy = (beta: number) => {
    const phi = reluFeatures(reluLayer(weights, { key: key(8), beta }), z);
    return evaluateProbe(fitProbe(phi, y, { l2: 1e-4 }), phi, y).accuracy;
  };
  expect(accuracy(1.5)).toBeGreaterThan(0.95);
  expect(accuracy(1e-9)).toBeLessThan(0.8);
});

test('a dense layer of the same features', () => {
  const layer = reluLayer(gaussian(key(1), 5, 3), { key: key(2), center: Float64Array.of(1, -2, 0.5) });
  const x = gaussian(key(3), 4, 3);
  const { weight, bias } = denseParams(layer);
  const by = reluFeatures({ weights: { shape: [5, 3], data: transposed(weight.data, 3, 5) }, bias }, x);
  expect(by).toBeAllclose(reluFeatures(layer, x), { atol: 1e-12 });
});

const transposed = (data: Float64Array, rows: number, columns: number) =>
  Float64Array.from({ length: data.length }, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);

test('features of a model: projections onto directions, or neurons', async () => {
  const { model } = await trainOn({ seed: 2, dimensions: 12, rank: 2, count: 10, n: 400 }, { width: 30 });
  const x = gaussian(key(5), 7, 12);
  const projected = transform(model, x, { mode: 'project', rank: 2 });
  expect(projected.shape).toEqual([7, 2]);
  const neurons = transform(model, x, { mode: 'relu', key: key(0) });
  expect(neurons.shape[0]).toBe(7);
  expect(Math.min(...neurons.data)).toBeGreaterThanOrEqual(0);
  expect(() => transform(model, gaussian(key(5), 7, 3), { mode: 'project', rank: 2 })).toThrow(
    /another number of features/,
  );
  expect(() => probeScores(fitProbe(projected, coins(key(1), 7, 1).data), neurons)).toThrow(/another number/);
});
