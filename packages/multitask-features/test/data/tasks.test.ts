import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { matmul, transpose } from '@lab/tensor-core/linalg64';
import { isLabError } from '@lab/tensor-core/errors';
import { foldIn, key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  labelColumns,
  oneVsRest,
  permutationRank,
  planted,
  pretrain,
  subspaceEnergy,
  suggestedRank,
  taskSampler,
  tasks,
  transform,
  whiten,
  whitening,
  type PretrainOptions,
  type TaskSource,
} from '../../src';
import { column, coins, gaussian, matrix, relativeDifference } from '../support/matrices';

const x = gaussian(key(1), 40, 4);
const labels = coins(key(2), 40, 3);
const plain = { key: key(3), width: 10, whiten: false, precision: 'float64' } as const;

describe('refusals name the task, what arrived and what to do', () => {
  const refused = async (
    list: readonly TaskSource[],
    options: Partial<PretrainOptions> = {},
  ): Promise<string> => {
    try {
      await pretrain(list, { ...plain, ...options });
    } catch (error) {
      if (isLabError(error)) return error.message;
      throw error;
    }
    return 'accepted';
  };
  const y = column(labels, 0);
  const one = { x, y };
  test.each<[string, readonly TaskSource[], Partial<PretrainOptions>, RegExp]>([
    ['no tasks', [], {}, /there are no tasks/],
    [
      'a label of 3',
      [{ x, y: y.map((each, i) => (i === 7 ? 3 : each)), name: 'churn' }],
      {},
      /task churn.*3 in row 7/,
    ],
    ['labels of another length', [{ x, y: y.slice(1) }], {}, /task 0.*one label for each row/],
    [
      'NaN in a feature',
      [{ x: { ...x, data: x.data.map((each, i) => (i === 9 ? NaN : each)) }, y }],
      {},
      /row 2, column 1/,
    ],
    ['one class everywhere', [{ x, y: y.map(() => 1) }], {}, /every task has one class/],
    [
      'other numbers of features',
      [one, { x: gaussian(key(1), 40, 5), y }],
      {},
      /tasks differ in their number of features/,
    ],
    ['one row', [{ x: gaussian(key(1), 1, 4), y: [1] }], {}, /too few labelled rows/],
    [
      'three rows for halves',
      [{ x: gaussian(key(1), 3, 4), y: [1, -1, 1] }],
      { split: 'half' },
      /at least 4/,
    ],
    ['fewer neurons than features', [one], { width: 2, rank: 3 }, /width/],
    ['more features than inputs', [one], { rank: 5 }, /1 to 4/],
    ['a step of 0', [one], { etaHead: 0 }, /step size/],
    ['an unknown loss', [one], { loss: 'square' as 'squared' }, /no such loss.*hinge/],
    ['a weight of 0', [{ ...one, weight: 0 }], {}, /weight is above 0/],
    ['real targets and hinge', [one], { realTargets: true, loss: 'hinge' }, /squared/],
  ])('%s', async (_, list, options, expected) => {
    expect(await refused(list, options)).toMatch(expected);
  });
});

test('a task with one class is left out and said', async () => {
  const with1 = await pretrain(
    [
      { x, y: column(labels, 0) },
      { x, y: Array<number>(40).fill(1), name: 'dull' },
    ],
    plain,
  );
  const without = await pretrain([{ x, y: column(labels, 0) }], plain);
  expect(with1.warnings.join()).toMatch(/task dull has one class/);
  expect(relativeDifference(with1.weights, without.weights)).toBe(0);
});

test('0 and 1 are labels as -1 and 1 are', async () => {
  const binary = { shape: labels.shape, data: labels.data.map((each) => (each + 1) / 2) };
  const [a, b] = [
    await pretrain(labelColumns(x, labels), plain),
    await pretrain(labelColumns(x, binary), plain),
  ];
  expect(relativeDifference(a.weights, b.weights)).toBe(0);
});

// A row without label is as if it were not there.
property.prop([fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 3, max: 30 })], { numRuns: 20 })(
  'missing labels',
  async (seed, kept) => {
    const y = column(coins(key(seed), 40, 1), 0);
    const some = y.map((each, i) => (i < kept ? each : NaN));
    fc.pre(new Set(y.subarray(0, kept)).size === 2);
    const masked = await pretrain([{ x, y: some }], plain);
    const short = { shape: [kept, 4], data: x.data.slice(0, 4 * kept) };
    const cut = await pretrain([{ x: short, y: y.slice(0, kept) }], plain);
    expect(relativeDifference(masked.weights, cut.weights)).toBeLessThan(1e-12);
  },
);

// Twice the weight is the task twice.
test('weights of tasks', async () => {
  const [a, b] = [
    { x, y: column(labels, 0) },
    { x, y: column(labels, 1) },
  ];
  const twice = await pretrain([a, a, b], plain);
  const heavy = await pretrain([{ ...a, weight: 2 }, b], plain);
  expect(relativeDifference(heavy.weights, twice.weights)).toBeLessThan(1e-12);
});

test('classes become one task each of weight 1 / q', () => {
  const found = oneVsRest(
    x,
    Array.from({ length: 40 }, (_, i) => i % 3),
  );
  expect(found.map(({ weight }) => weight)).toEqual([1 / 3, 1 / 3, 1 / 3]);
  expect(Array.from(found[1]!.y).slice(0, 4)).toEqual([-1, 1, -1, -1]);
});

// A real target of two values is the label, up to its scale, which normalisation divides out.
test('real targets', async () => {
  const y = column(labels, 0);
  const options = { ...plain, loss: 'squared', etaHead: 1e-4 } as const;
  const real = await pretrain([{ x, y: y.map((each) => 5 + 3 * each) }], { ...options, realTargets: true });
  const label = await pretrain([{ x, y }], options);
  expect(relativeDifference(real.weights, label.weights)).toBeLessThan(1e-3);
});

describe('whitening', () => {
  const mix = matrix([2, 0, 0], [1, 0.5, 0], [0, 0.3, 1]);
  const rows = matmul(gaussian(key(5), 3000, 3), mix);

  test('gives mean 0 and covariance 1', () => {
    const white = whiten(rows, whitening([rows]));
    const covariance = matmul(transpose(white), white).data.map((value) => value / 3000);
    covariance.forEach((value, at) => expect(Math.abs(value - (at % 4 === 0 ? 1 : 0))).toBeLessThan(1e-4));
  });

  test('names constant columns', () => {
    const constant = { ...rows, data: rows.data.map((value, i) => (i % 3 === 1 ? 4 : value)) };
    expect(() => whitening([constant])).toThrow(/columns 1/);
  });

  // Spec C16: x = S u. Raw training lands in S M, whitened training in M; mapped back it is S^-1 M that sees z.
  test('repairs correlated inputs', async () => {
    const [d, rank, n] = [20, 2, 3000];
    const problem = planted(key(6), { dimensions: d, rank });
    const scales = Float64Array.from({ length: d }, (_, k) => 0.2 * 1.18 ** k);
    const stretched = (source: ReturnType<typeof taskSampler>): TaskSource => ({
      dimensions: d,
      draw: (at, count) => {
        const drawn = source.draw(at, count);
        return {
          y: drawn.y,
          x: { ...drawn.x, data: drawn.x.data.map((value, i) => value * scales[i % d]!) },
        };
      },
    });
    const all = Array.from({ length: 20 }, (_, t) =>
      stretched(taskSampler(problem, tasks.signLinear(foldIn(key(7), t), { rank }))),
    );
    const orthonormal = async (factor: (k: number) => number) => {
      const { qr } = await import('@lab/tensor-core/linalg64');
      return qr({
        shape: [d, rank],
        data: problem.projection.data.map((value, i) => value * factor(Math.floor(i / rank))),
      }).q;
    };
    const options = { key: key(8), width: 60, headSamples: n };
    const white = await expectNoLeak(() => pretrain(all, { ...options, whiten: true }));
    const raw = await pretrain(all, { ...options, whiten: false });
    expect(subspaceEnergy(white.whiteWeights, problem.projection)).toBeGreaterThan(0.95);
    expect(subspaceEnergy(white.weights, await orthonormal((k) => 1 / scales[k]!))).toBeGreaterThan(0.9);
    expect(subspaceEnergy(raw.weights, await orthonormal((k) => scales[k]!))).toBeGreaterThan(0.95);
    expect(subspaceEnergy(raw.weights, await orthonormal((k) => 1 / scales[k]!))).toBeLessThan(0.4);
    // The features of the whitened model are coordinates of u: uncorrelated, variance 1.
    const sample = (all[0] as ReturnType<typeof taskSampler>).draw(key(9), 4000).x;
    const z = transform(white, sample, { mode: 'project', rank });
    const gram = matmul(transpose(z), z).data.map((value) => value / 4000);
    gram.forEach((value, at) => expect(Math.abs(value - (at % 3 === 0 ? 1 : 0))).toBeLessThan(0.1));
  });

  test('is chosen by itself for a table that is plainly not white', async () => {
    const y = coins(key(9), 3000, 1).data;
    const options = { key: key(3), width: 10 };
    expect((await pretrain([{ x: rows, y }], options)).warnings.join()).toMatch(/whitened/);
    const plainRows = gaussian(key(10), 3000, 3);
    expect((await pretrain([{ x: plainRows, y }], options)).warnings.join()).not.toMatch(/whitened/);
  });
});

// Spec 8: for (50, 3, 40, 1000) both readings say 3.
test('the rank has two readings', async () => {
  const problem = planted(key(11), { dimensions: 50, rank: 3 });
  const list = Array.from({ length: 40 }, (_, t) => ({
    ...taskSampler(problem, tasks.signLinear(foldIn(key(12), t), { rank: 3 })).draw(foldIn(key(13), t), 1000),
  }));
  const options = { key: key(14), width: 100, whiten: false } as const;
  const model = await pretrain(list, options);
  expect(suggestedRank(model).rank).toBe(3);
  const reading = await permutationRank(model, { ...options, tasks: list });
  expect(reading.range[0]).toBeLessThanOrEqual(3);
  expect(reading.range[1]).toBeGreaterThanOrEqual(3);
  expect(reading.rank).toBe(3);
});

// Spec C17: d 20, r 2, m 60, T 20, n 4000.
test('the U-statistic agrees with fresh halves and uses data better', async () => {
  const problem = planted(key(15), { dimensions: 20, rank: 2 });
  const list = Array.from({ length: 20 }, (_, t) =>
    taskSampler(problem, tasks.signLinear(foldIn(key(16), t), { rank: 2 })).draw(foldIn(key(17), t), 4000),
  );
  const learn = (split: 'half' | 'u-statistic') =>
    pretrain(list, { key: key(18), width: 60, whiten: false, split });
  const [whole, half] = [await learn('u-statistic'), await learn('half')];
  const dot = whole.weights.data.reduce((sum, value, i) => sum + value * half.weights.data[i]!, 0);
  expect(dot / Math.hypot(...whole.weights.data) / Math.hypot(...half.weights.data)).toBeGreaterThan(0.97);
  const energy = (weights: typeof whole.weights) => subspaceEnergy(weights, problem.projection);
  expect(energy(whole.weights)).toBeGreaterThan(energy(half.weights));
});
