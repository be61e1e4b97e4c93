import { describe, expect, test } from 'vitest';
import { diagonal, norm, rank, svd, symmetricEigen } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { linear } from '../../src';
import { column, gaussian, gram, matrix, minus, unit, zero } from '../support/matrices';

const {
  drawLinearTasks,
  fitLinear,
  innerSolve,
  linearTasks,
  metaLoss,
  requiredRank,
  standardSolution,
  testFloor,
} = linear;
const tolerance = { tolerance: 1e-9 };

describe('standard retraining', () => {
  test('M1: orthonormal tasks have the floors of the closed form', () => {
    const tasks = linearTasks(
      zero(6),
      [0, 1, 2, 3].map((i) => unit(6, i)),
    );
    const base = standardSolution(tasks.targets);
    const residual = minus(tasks.test, base);
    expect(rank(base, tolerance)).toBe(3);
    expect(rank(residual, tolerance)).toBe(4);
    [2 / 3, 1 / 6, 1 / 9, 1 / 18, 0].forEach((floor, r) =>
      expect(testFloor(residual, r)).toBeCloseTo(floor, 12),
    );
  });

  test.each([
    [10, 1, 3, 3, 4],
    [10, 2, 3, 6, 8],
    [12, 2, 4, 8, 10],
    [20, 3, 5, 15, 18],
  ])(
    'M2: d=%i k=%i T=%i leaves a base error of rank %i and a test residual of rank %i',
    (d, k, T, base, residual) => {
      const tasks = drawLinearTasks(key(7), { dimensions: d, rank: k, tasks: T });
      const solution = standardSolution(tasks.targets);
      expect(rank(minus(solution, tasks.shared), tolerance)).toBe(base);
      expect(rank(minus(tasks.test, solution), tolerance)).toBe(residual);
      expect(requiredRank({ rank: k, tasks: T, method: 'standard' })).toBe(residual);
    },
  );

  test('M13: the floor of Gaussian tasks tends to k^2 (d - k) / 2', () => {
    const floorOf = (k: number, T: number, repeats: number): number => {
      const floors = Array.from({ length: repeats }, (_, i) => {
        const tasks = drawLinearTasks(foldIn(key(13 + T), i), { dimensions: 10, rank: k, tasks: T });
        return testFloor(minus(tasks.test, standardSolution(tasks.targets)), k);
      });
      return floors.reduce((a, b) => a + b) / repeats;
    };
    const within = (value: number, expected: number): void =>
      expect(Math.abs(value / expected - 1)).toBeLessThan(0.1);
    within(floorOf(1, 3, 400), 17.8);
    within(floorOf(1, 5, 400), 13.3);
    within(floorOf(1, 20, 200), 6.8);
    within(floorOf(1, 200, 40), 4.76);
    within(floorOf(1, 2000, 10), 4.5);
    within(floorOf(2, 2000, 10), 16);
  });
});

describe('meta loss', () => {
  test('M6: the inner solvers of diag(3, 1, -4)', () => {
    const s = diagonal([3, 1, -4]);
    const lossOf = (rank: number, adapter: 'symmetric' | 'asymmetric'): number =>
      innerSolve(s, { rank, adapter }).loss;
    expect(lossOf(1, 'symmetric')).toBeCloseTo(8.5, 12);
    expect(lossOf(2, 'symmetric')).toBeCloseTo(8, 12);
    expect(lossOf(1, 'asymmetric')).toBeCloseTo(5, 12);
    expect(lossOf(2, 'asymmetric')).toBeCloseTo(0.5, 12);
  });

  test.each(['symmetric', 'asymmetric'] as const)(
    'M7: the envelope gradient is the derivative, %s',
    (adapter) => {
      const symmetric = (seed: number) => {
        const g = gaussian(seed, [5, 5]);
        return {
          shape: g.shape,
          data: g.data.map((value, i) => (value + g.data[(i % 5) * 5 + Math.floor(i / 5)]!) / 2),
        };
      };
      const targets = [1, 2, 3].map(symmetric);
      const [base, along] = [symmetric(4), gaussian(5, [5, 5])];
      const at = (step: number): number =>
        metaLoss({ shape: [5, 5], data: base.data.map((v, i) => v + step * along.data[i]!) }, targets, {
          rank: 2,
          adapter,
        }).value;
      const { gradient } = metaLoss(base, targets, { rank: 2, adapter });
      const slope = gradient.data.reduce((sum, value, i) => sum + value * along.data[i]!, 0);
      expect((at(1e-5) - at(-1e-5)) / 2e-5 / slope).toBeCloseTo(1, 6);
    },
  );

  test('M19: without adapters it is standard retraining; with adapters of full rank any base will do', () => {
    const targets = [1, 2, 3].map((seed) => gaussian(seed, [4, 4]));
    const mean = standardSolution(targets);
    expect(
      minus(fitLinear(targets, { rank: 0, key: key(0) }).base, mean).data.every((v) => Math.abs(v) < 1e-12),
    ).toBe(true);
    const anywhere = metaLoss(gaussian(9, [4, 4]), targets, { rank: 4, adapter: 'asymmetric' });
    expect(anywhere.value).toBeLessThan(1e-24);
    expect(norm(anywhere.gradient)).toBeLessThan(1e-12);
  });
});

describe('identification', () => {
  test('M3: two tasks do not identify the base, and rank 3k is needed', () => {
    const s = Math.SQRT2;
    const m = matrix([-1, -s, 0], [-s, -1, 0], [0, 0, 0]);
    const tasks = linearTasks(zero(3), [unit(3, 0), unit(3, 1), unit(3, 2)]);
    const other = [column(s, 1, 0), column(1, s, 0)];
    const { loss, base } = linear.eliminate(
      other.map((up) => ({ up, down: up })),
      tasks.targets,
    );
    expect(loss).toBeLessThan(1e-28);
    const sign = base.data[0]! / m.data[0]!;
    expect(norm(minus(base, { shape: [3, 3], data: m.data.map((v) => sign * v) }))).toBeLessThan(1e-12);
    const eigen = symmetricEigen(m).values;
    [-2.414214, 0, 0.414214].forEach((value, i) => expect(eigen[i]).toBeCloseTo(value, 6));
    [3.5, 0.585786, 0.085786, 0].forEach((floor, r) =>
      expect(testFloor(minus(tasks.test, base), r)).toBeCloseTo(floor, 6),
    );
    expect(requiredRank({ rank: 1, tasks: 2, method: 'meta' })).toBe(3);
  });

  test.each([
    [1, 3],
    [2, 5],
  ])('M4: k=%i and T=%i recover the base exactly', (k, T) => {
    for (let seed = 0; seed < 5; seed++) {
      const tasks = drawLinearTasks(key(40 + seed), { dimensions: k === 1 ? 10 : 12, rank: k, tasks: T });
      const fit = fitLinear(tasks.targets, { rank: k, key: key(seed), restarts: 5 });
      expect(fit.loss).toBeLessThan(1e-12);
      const shift = minus(standardSolution(tasks.targets), tasks.shared);
      expect(norm(minus(fit.base, tasks.shared)) / norm(shift)).toBeLessThan(1e-6);
      expect(fit.warnings).toEqual([]);
    }
  });

  test.each([
    [1, 1, 3, 0],
    [1, 2, 3, 3],
    [1, 2, 5, 1],
    [2, 3, 4, 2],
    [1, 1, 2, 2],
  ])(
    'M5: asymmetric, task rank %i, adapter rank %i, %i tasks: base error of rank at most %i',
    (k, r, T, bound) => {
      const tasks = drawLinearTasks(key(5), { dimensions: 12, rank: k, tasks: T });
      const fit = fitLinear(tasks.targets, {
        rank: r,
        adapter: 'asymmetric',
        key: key(1),
        restarts: 20,
        iterations: 20_000,
      });
      expect(fit.relativeLoss).toBeLessThan(1e-15);
      const error = svd(minus(fit.base, tasks.shared)).s;
      const scale = norm(standardSolution(tasks.targets));
      expect(error.filter((value) => value > 1e-4 * scale).length).toBeLessThanOrEqual(bound);
      expect(requiredRank({ rank: k, tasks: T, method: 'meta', retrainRank: r })).toBe(k + bound);
    },
  );

  test('one task: loss 0 and a base of rank at most 2k off', () => {
    const tasks = drawLinearTasks(key(2), { dimensions: 8, rank: 2, tasks: 1 });
    const fit = fitLinear(tasks.targets, { rank: 2, key: key(0) });
    expect(fit.loss).toBeLessThan(1e-20);
    expect(rank(minus(fit.base, tasks.shared), tolerance)).toBeLessThanOrEqual(4);
    expect(fit.warnings.join()).toMatch(/one task/);
  });

  test('only U U^T is identified, and it is found', () => {
    const tasks = drawLinearTasks(key(3), { dimensions: 9, rank: 2, tasks: 3 });
    const fit = fitLinear(tasks.targets, { rank: 2, key: key(0) });
    fit.adapters.forEach(({ up }, t) =>
      expect(norm(minus(gram(up), gram(tasks.factors[t]!)))).toBeLessThan(1e-5),
    );
  });
});

test('mistakes are refused with the way out', () => {
  const [square, wide] = [gaussian(1, [3, 3]), gaussian(1, [2, 3])];
  expect(() => fitLinear([], { rank: 1, key: key(0) })).toThrow(/no tasks/);
  expect(() => fitLinear([wide, wide], { rank: 1, key: key(0) })).toThrow(/square/);
  expect(() => fitLinear([square, wide], { rank: 1, key: key(0) })).toThrow(/one shape/);
  expect(() => fitLinear([square], { rank: 4, key: key(0) })).toThrow(/rank/);
  const hole = { shape: [3, 3], data: Float64Array.from(square.data).fill(NaN, 0, 1) };
  expect(() => fitLinear([square, hole], { rank: 1, key: key(0) })).toThrow(/not finite/);
  expect(() => requiredRank({ rank: 1, tasks: 1, method: 'meta' })).toThrow(/identify/);
  expect(fitLinear([square, square], { rank: 1, key: key(0) }).warnings.join()).toMatch(/rank 3/);
  expect(
    fitLinear(
      [1, 2, 3].map((s) => gram(gaussian(s, [3, 1]))),
      { rank: 1, key: key(0) },
    ).warnings.join(),
  ).toMatch(/independent/);
});
