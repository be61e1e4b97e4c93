import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { key } from '@lab/tensor-core/random';
import {
  affineTasks,
  attentionRegressor,
  chooseNeighbours,
  drawPrompts,
  leaveOneOut,
  leaveOneOutRegressor,
  leaveOneOutWindow,
  linearTasks,
  meanLabel,
  meanLoss,
  nearestNeighbours,
  oracleWindow,
  regress,
  ridge,
  softmaxUnit,
  sphere,
  type Prompt,
} from '../../src';
import { normals, promptAt } from '../support/draw';

const setting = { family: affineTasks({ lipschitz: 1 }), covariates: sphere(3), context: 50, noise: 0.3 };
const prompts = drawPrompts(key(2), { ...setting, batch: 1500, queries: 4 });
const prompt = promptAt(prompts, 0);

describe('leave-one-out', () => {
  test('is what leaving each point out gives', () => {
    const errors = leaveOneOut(prompt, 5);
    const unit = softmaxUnit({ window: 5, dimension: 3 });
    for (const i of [0, 7, 49]) {
      const rest = [...Array(50).keys()].filter((k) => k !== i);
      const without: Prompt = {
        x: {
          shape: [49, 3],
          data: Float64Array.from(rest.flatMap((k) => [...prompt.x.data.subarray(3 * k, 3 * k + 3)])),
        },
        y: rest.map((k) => prompt.y[k]!),
        queries: { shape: [1, 3], data: prompt.x.data.slice(3 * i, 3 * i + 3) },
      };
      expect(errors[i]).toBeAllclose(prompt.y[i]! - regress(unit, without)[0]!, { rtol: 1e-10 });
    }
  });

  test('pure noise asks for the widest window', () => {
    const noise = { ...prompt, y: normals(3, 50).data };
    expect(leaveOneOutWindow(noise, { grid: [0.1, 100] })).toBe(0.1);
  });

  test('a steep clean task for a narrow one', () => {
    const steep = drawPrompts(key(1), {
      ...setting,
      family: linearTasks({ lipschitz: 10 }),
      noise: 0.01,
      batch: 1,
    });
    expect(leaveOneOutWindow(promptAt(steep, 0), { grid: [0.1, 10] })).toBe(10);
  });
});

test('nearest neighbours by hand: one, two, and more than there are', () => {
  const line: Prompt = {
    x: { shape: [3, 1], data: Float64Array.of(0, 1, 3) },
    y: [10, 20, 60],
    queries: { shape: [2, 1], data: Float64Array.of(0.9, 3) },
  };
  const of = (neighbours: number) => nearestNeighbours({ neighbours }).predict(line);
  expect(of(1)).toEqual(Float64Array.of(20, 60));
  expect(of(2)).toEqual(Float64Array.of(15, 40));
  expect(of(9)).toEqual(Float64Array.of(30, 30));
  expect(nearestNeighbours({ neighbours: 1 }).predict({ ...line, mask: [1, 0, 1] })).toEqual(
    Float64Array.of(10, 60),
  );
});

property.prop([fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 })])(
  'least squares finds an affine function from clean labels, ridge one step short of it',
  (coefficients) => {
    const affine = (data: Float64Array, row: number): number =>
      coefficients[0]! + [0, 1, 2].reduce((sum, j) => sum + coefficients[j + 1]! * data[row * 3 + j]!, 0);
    const clean = { ...prompt, y: Array.from({ length: 50 }, (_, i) => affine(prompt.x.data, i)) };
    const expected = Array.from({ length: 4 }, (_, q) => affine(prompt.queries.data, q));
    expect(ridge({ lambda: 0 }).predict(clean)).toBeAllclose(expected, { atol: 1e-9 });
    expect(ridge({ lambda: 1e-9 }).predict(clean)).toBeAllclose(expected, { atol: 1e-7 });
  },
);

describe('on affine tasks (d = 3, n = 50, L = 1, noise .3)', () => {
  const loss = (regressor: Parameters<typeof meanLoss>[0]) => meanLoss(regressor, prompts);

  // The mean leaves the power of degree 1, L^2 / (3 d), and (sigma^2 + that) / n.
  test('the mean label has the error of its closed form', () => {
    const { mean, error } = loss(meanLabel());
    expect(Math.abs(mean - (1 / 9 + (0.09 + 1 / 9) / 50))).toBeLessThan(4 * error);
    expect(meanLabel().predict(prompt)).toBeAllclose(
      regress(softmaxUnit({ window: 0, dimension: 3 }), prompt),
      { rtol: 1e-12 },
    );
  });

  // sigma^2 / n (1 + tr) with four coefficients: 4 sigma^2 / n to first order.
  test('least squares has sigma^2 (d + 1) / n, and no average of labels comes near', () => {
    const { mean } = loss(ridge({ lambda: 0 }));
    expect(mean).toBeAllclose((0.09 * 4) / 50, { rtol: 0.15 });
    expect(loss(attentionRegressor(softmaxUnit({ window: 4.97, dimension: 3 }))).mean).toBeGreaterThan(
      1.8 * mean,
    );
  });

  test('the oracle window is where the theory has it, and its loss .0164', () => {
    const { window, loss: least } = oracleWindow(prompts);
    expect(window).toBeGreaterThan(3.8);
    expect(window).toBeLessThan(6.5);
    // A Monte-Carlo value made with NumPy.
    expect(least).toBeAllclose(0.0164, { rtol: 0.06 });
  });

  test('neighbours chosen by validation are no better than the best window', () => {
    const few = drawPrompts(key(8), { ...setting, batch: 200, queries: 2 });
    const regressor = chooseNeighbours(few);
    expect(meanLoss(regressor, few).mean).toBeGreaterThan(0.9 * oracleWindow(few).loss);
    expect(['12 nearest neighbours', '16 nearest neighbours', '8 nearest neighbours']).toContain(
      regressor.name,
    );
  });

  test('a window per prompt pays for its freedom, but less than none', () => {
    const few = drawPrompts(key(8), { ...setting, batch: 80, queries: 4 });
    const free = meanLoss(leaveOneOutRegressor(), few).mean;
    expect(free).toBeLessThan(meanLoss(meanLabel(), few).mean);
  });
});

test.each([
  ['no neighbour', () => nearestNeighbours({ neighbours: 0 }), 'argument'],
  ['no candidate', () => chooseNeighbours(prompts, { candidates: [] }), 'argument'],
  ['an empty grid', () => oracleWindow(prompts, { grid: [] }), 'argument'],
  ['a negative ridge', () => ridge({ lambda: -1 }), 'argument'],
  [
    'leaving out the only point',
    () => leaveOneOut({ x: normals(0, 1, 3), y: [1], queries: normals(1, 1, 3) }, 1),
    'argument',
  ],
  ['NaN', () => meanLabel().predict({ ...prompt, y: new Float64Array(50).fill(NaN) }), 'numeric'],
])('refuses %s', (_, run, code) => {
  expect(run).toThrow(expect.objectContaining({ code }));
});
