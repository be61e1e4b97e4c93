import { expect, test } from 'vitest';
import { norm } from '@lab/tensor-core/linalg64';
import { foldIn, key } from '@lab/tensor-core/random';
import { linear } from '../../src';
import { column, minus, unit, zero } from '../support/matrices';

const { drawLinearTasks, fitLinear, landscapeReport, linearTasks } = linear;

const two = [unit(2, 0), unit(2, 1)];
const saddles = linearTasks(zero(2), [...two, unit(2, 0)]).targets;

test('M8: the saddles of two tasks', () => {
  const none = column(0, 0);
  const origin = landscapeReport([none, none], saddles);
  expect(origin.loss).toBeCloseTo(0.5, 12);
  expect(origin.label).toBe('saddle');
  [-1, -1, 1, 1].forEach((value, i) => expect(origin.hessian[i]).toBeCloseTo(value, 12));
  const half = landscapeReport([two[0]!, none], saddles);
  expect(half.loss).toBeCloseTo(0.25, 12);
  expect(half.gradientNorm).toBeLessThan(1e-14);
  [-1, 0, 2, 2].forEach((value, i) => expect(half.hessian[i]).toBeCloseTo(value, 12));
});

test('M8: descent from 50 random problems of two tasks always arrives', () => {
  for (let seed = 0; seed < 50; seed++) {
    const tasks = drawLinearTasks(foldIn(key(8), seed), { dimensions: 5, rank: 1, tasks: 2 });
    const { starts } = fitLinear(tasks.targets, {
      rank: 1,
      key: key(seed),
      restarts: 1,
      solver: 'gd',
      stepSize: 0.005,
      iterations: 200_000,
    });
    expect(starts).toHaveLength(1);
    expect(starts[0]).toBeLessThan(1e-8);
  }
});

const spurious = [column(0.9, 0, -1), column(-0.7, 0.1, 1.5), column(1.2, -0.3, -0.7)];
const targets = linearTasks(zero(3), [...spurious, unit(3, 0)]).targets;

test('M9: three tasks have a minimum that is not global, and restarts get past it', () => {
  let factors = [
    column(0.3465, -0.294, 0.8045),
    column(0.0834, -0.1079, 1.3723),
    column(-0.9339, 0.3776, -0.3329),
  ];
  for (let step = 0; step < 4000; step++) {
    const { residuals } = linear.eliminate(
      factors.map((up) => ({ up, down: up })),
      targets,
    );
    factors = factors.map((u, t) => {
      const slope = linear.adapterDirection(residuals[t]!, zero(3), u);
      return { shape: u.shape, data: u.data.map((value, i) => value - 0.02 * slope.data[i]!) };
    });
  }
  const report = landscapeReport(factors, targets);
  expect(report.label).toBe('spurious');
  expect(report.loss).toBeCloseTo(0.0319942, 6);
  expect(report.gradientNorm).toBeLessThan(1e-7);
  expect(report.hessian[0]).toBeCloseTo(0.0404, 3);
  expect(report.hessian.at(-1)).toBeCloseTo(5.8, 2);

  const fit = fitLinear(targets, { rank: 1, key: key(0), restarts: 10 });
  expect(fit.loss).toBeLessThan(1e-12);
  const found = landscapeReport(
    fit.adapters.map(({ up }) => up),
    targets,
  );
  expect(found.label).toBe('global');
});

test('M9: most but not all small starts reach 0', () => {
  const reached = Array.from({ length: 100 }, (_, seed) =>
    fitLinear(targets, { rank: 1, key: key(seed), restarts: 1, solver: 'gd', iterations: 5000 }),
  ).filter(({ loss }) => loss < 1e-6).length;
  expect(reached).toBeGreaterThanOrEqual(85);
  expect(reached).toBeLessThan(100);
});

test('rotations of the factors are flat directions at a solution', () => {
  const tasks = drawLinearTasks(key(4), { dimensions: 10, rank: 2, tasks: 4 });
  const report = landscapeReport(tasks.factors.slice(0, -1), tasks.targets);
  expect(report.label).toBe('global');
  expect(report.rotations).toBe(4);
  expect(report.hessian.filter((value) => Math.abs(value) < 1e-9 * report.hessian.at(-1)!)).toHaveLength(4);
  expect(norm(minus(report.base, tasks.shared))).toBeLessThan(1e-12);
});
