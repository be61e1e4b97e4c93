import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { engine } from '@lab/tensor-core';
import { matmul, transpose, type Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import {
  applyTransform,
  attentionRegressor,
  fitTasks,
  leaveOneOut,
  loadTaskRegressor,
  normalizeRows,
  predictTask,
  predictiveVariance,
  saveTaskRegressor,
  softmaxUnit,
  standardize,
  taskRegressor,
  whiten,
  windowGrid,
  type Regressor,
  type RowTransform,
  type Task,
  type TaskRegressor,
} from '../../src';
import { normals } from '../support/draw';
import { sineTasks } from '../../src/experiments/tasks/sine-tasks';

beforeAll(async () => {
  await engine();
});

/** Mean squared error of the last rows of each task, given the rest. */
function error(regressor: Regressor, tasks: readonly Task[], asked = 6): number {
  let [sum, count] = [0, 0];
  for (const { x, y } of tasks) {
    const [rows, d] = x.shape as [number, number];
    const known = rows - asked;
    const predictions = regressor.predict({
      x: { shape: [known, d], data: x.data.slice(0, known * d) },
      y: Array.from(y).slice(0, known),
      queries: { shape: [asked, d], data: x.data.slice(known * d) },
    });
    predictions.forEach((each, i) => (sum += (each - y[known + i]!) ** 2));
    count += asked;
  }
  return sum / count;
}

describe('a metric learned from tasks with one feature that matters (section 3.4)', () => {
  const fresh = sineTasks(150, { seed: 9, rows: 30 });
  let learned: TaskRegressor;

  beforeAll(async () => {
    learned = await expectNoLeak(() => fitTasks(sineTasks(300), { key: key(0) }));
  });

  test('finds that feature: the others get below 1 % of its weight', () => {
    const { data } = learned.unit.matrix;
    for (const at of [5, 10, 15]) expect(data[at]! / data[0]!).toBeLessThan(0.01);
  });

  test('its error is at most .08, 3.5 times below the best isotropic window', () => {
    const scaling = standardize({
      shape: [4500, 4],
      data: Float64Array.from(fresh.flatMap(({ x }) => [...x.data])),
    });
    const isotropic = windowGrid.map((window) => {
      const regressor = attentionRegressor(softmaxUnit({ window, dimension: 4, kernel: 'rbf' }));
      return error(scaled(regressor, scaling), fresh);
    });
    const own = error(taskRegressor(learned), fresh);
    expect(own).toBeLessThan(0.08);
    expect(Math.min(...isotropic) / own).toBeGreaterThan(3.5);
  });

  test('a metric of rank one is enough', async () => {
    const flat = await fitTasks(sineTasks(300), { key: key(0), rank: 1 });
    expect(error(taskRegressor(flat), fresh)).toBeLessThan(0.08);
  });

  test('survives saving and reading', () => {
    expect(loadTaskRegressor(saveTaskRegressor(learned))).toEqual(learned);
  });

  test('its variances cover the errors on average within a factor of two', () => {
    let [predicted, found] = [0, 0];
    for (const { x, y } of fresh.slice(0, 80)) {
      const { predictions, variance } = predictTask(learned, {
        x: { shape: [24, 4], data: x.data.slice(0, 96) },
        y: Array.from(y).slice(0, 24),
        queries: { shape: [6, 4], data: x.data.slice(96) },
      });
      for (let i = 0; i < 6; i++) {
        predicted += variance[i]!;
        found += (predictions[i]! - y[24 + i]!) ** 2;
      }
    }
    expect(predicted / found).toBeGreaterThan(0.5);
    expect(predicted / found).toBeLessThan(2);
  });
});

function scaled(regressor: Regressor, scaling: RowTransform): Regressor {
  return {
    ...regressor,
    predict: (prompt) =>
      regressor.predict({
        ...prompt,
        x: applyTransform(prompt.x, scaling),
        queries: applyTransform(prompt.queries, scaling),
      }),
  };
}

// Rows come in pairs x, -x of one label. A matrix that looks for like points averages strangers; -w I finds the partner.
describe('dot learns any M', () => {
  const pairs = (count: number, seed: number): Task[] =>
    Array.from({ length: count }, (_, t) => {
      const half = normals(1000 * seed + t, 5, 2).data;
      const labels = normals(1000 * seed + 500 + t, 5).data;
      return {
        x: { shape: [10, 2], data: Float64Array.from([...half, ...half.map((each) => -each)]) },
        y: [...labels, ...labels],
      };
    });

  test.each([2, 1])('of rank %d: one that looks for opposite points', async (rank) => {
    const { unit, validationLoss } = await fitTasks(pairs(120, 1), { key: key(0), kernel: 'dot', rank });
    const [a, b, c, d] = unit.matrix.data as unknown as [number, number, number, number];
    expect(a + d).toBeLessThan(0);
    if (rank === 1) expect(a * d - b * c).toBeCloseTo(0, 4);
    else expect(validationLoss).toBeLessThan(0.6);
  });

  test('where a metric, which cannot, is no better than the variance of the labels', async () => {
    const { validationLoss } = await fitTasks(pairs(120, 1), { key: key(0) });
    expect(validationLoss).toBeGreaterThan(0.8);
  });
});

test('tasks of different sizes are padded without effect on what is learned from them', async () => {
  const tasks = sineTasks(6, { rows: 8 });
  const options = { key: key(0), steps: 2, batch: 5, holdOut: 0.2, engine: 'eager' } as const;
  // A longer task among the held-out ones only makes the padding longer.
  const plain = await fitTasks(tasks, options);
  expect((await fitTasks(tasks, options)).losses).toEqual(plain.losses);
  const shorter = tasks.map((task, t) => (t === 0 ? cut(task, 5) : task));
  const uneven = await fitTasks(shorter, options);
  expect(uneven.losses.every(Number.isFinite)).toBe(true);
  expect((await fitTasks(tasks, { ...options, kernel: 'dot' })).unit.kernel).toBe('dot');
});

function cut({ x, y }: Task, rows: number): Task {
  return { x: { shape: [rows, 4], data: x.data.slice(0, rows * 4) }, y: Array.from(y).slice(0, rows) };
}

test('the variance of a prediction is the leave-one-out residual times 1 + 1 / n_eff', () => {
  const prompt = {
    x: normalizeRows(normals(1, 20, 3)),
    y: normals(2, 20).data,
    queries: normalizeRows(normals(3, 4, 3)),
  };
  const residual = leaveOneOut(prompt, 3).reduce((sum, each) => sum + each * each, 0) / 20;
  // With w = 0 instead, n_eff = 20 for every query.
  const flat = leaveOneOut(prompt, 0).reduce((sum, each) => sum + each * each, 0) / 20;
  const unit = (window: number) => softmaxUnit({ window, dimension: 3 });
  expect(predictiveVariance(unit(0), prompt)).toBeAllclose(new Array(4).fill(flat * (1 + 1 / 20)), {
    rtol: 1e-10,
  });
  expect(Math.min(...predictiveVariance(unit(3), prompt))).toBeGreaterThan(residual);
});

describe('scaling', () => {
  const rows: Array64 = matmul(normals(4, 200, 3), normals(5, 3, 3));
  const covariance = (each: Array64) => {
    const { data } = matmul(transpose(each), each);
    return data.map((value) => value / 200);
  };

  test('standardize: mean 0, variance 1', () => {
    const result = applyTransform(rows, standardize(rows));
    const moments = covariance(result);
    expect([moments[0]!, moments[4]!, moments[8]!]).toBeAllclose([1, 1, 1], { rtol: 1e-10 });
    expect(matmul({ shape: [1, 200], data: new Float64Array(200).fill(1) }, result)).toBeAllclose(
      [[0, 0, 0]],
      { atol: 1e-9 },
    );
  });

  test('whiten: covariance I', () => {
    expect(covariance(applyTransform(rows, whiten(rows, { ridge: 0 })))).toBeAllclose(
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
      { atol: 1e-9 },
    );
  });
});

describe('refuses', () => {
  const constant = { shape: [3, 2], data: Float64Array.of(1, 7, 2, 7, 3, 7) };
  test('a constant feature, by its name', () => {
    const named = expect.objectContaining({ details: expect.objectContaining({ argument: 'humidity' }) });
    expect(() => whiten(constant, { names: ['hour', 'humidity'] })).toThrow(named);
    expect(() => standardize(constant, { names: ['hour', 'humidity'] })).toThrow(named);
    expect(() => whiten(constant)).toThrow(/column 1/);
  });

  const tasks = sineTasks(4, { rows: 6 });
  const spoiled = (change: Partial<Task>) => [{ ...tasks[0]!, ...change }, ...tasks.slice(1)];
  test.each([
    ['one task', () => fitTasks(tasks.slice(0, 1), { key: key(0) }), 'argument'],
    ['a task of one row', () => fitTasks([cut(tasks[0]!, 1), ...tasks], { key: key(0) }), 'argument'],
    [
      'NaN in a label',
      () => fitTasks(spoiled({ y: new Float64Array(6).fill(NaN) }), { key: key(0) }),
      'numeric',
    ],
    [
      'NaN in a feature',
      () =>
        fitTasks(spoiled({ x: { shape: [6, 4], data: new Float64Array(24).fill(NaN) } }), { key: key(0) }),
      'numeric',
    ],
    ['a missing label', () => fitTasks(spoiled({ y: [1, 2] }), { key: key(0) }), 'shape'],
    ['more directions than features', () => fitTasks(tasks, { key: key(0), rank: 5 }), 'argument'],
    ['no steps', () => fitTasks(tasks, { key: key(0), steps: 0 }), 'argument'],
  ])('%s', async (_, run, code) => {
    await expectNoLeak(() => expect(run()).rejects.toMatchObject({ code }));
  });

  test('a row without direction', () => {
    expect(() => normalizeRows({ shape: [2, 2], data: Float64Array.of(1, 0, 0, 0) })).toThrow(/row 1/);
  });

  test('an aborted fit, freeing everything', async () => {
    const stop = new AbortController();
    await expectNoLeak(() =>
      expect(
        fitTasks(tasks, {
          key: key(0),
          signal: stop.signal,
          onStep: ({ step }) => {
            if (step === 2) stop.abort();
          },
        }),
      ).rejects.toMatchObject({ code: 'aborted' }),
    );
  });
});
