import { describe, expect, test } from 'vitest';
import {
  all,
  argmaxAt,
  autocorrelation,
  bounds,
  energy,
  l1Ball,
  l2Ball,
  mean,
  monotone,
  ohlc,
  peak,
  simplex,
  std,
  trough,
  type Constraint,
} from '../support/api';
import { draws } from '../support/draw';
import { nearestByQuadprog } from '../support/quadprog';
import { orderSets } from '../support/random-problems';
import { project } from '../support/series';

function near(constraint: Constraint, x: number[], expected: number[], digits = 6): void {
  const { z, report } = project(constraint, x);
  expect(report.status).toBe('converged');
  z.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
}

describe('worked examples (acceptance values of the method, each checked by hand or against SLSQP)', () => {
  test('argmax at a position', () => near(argmaxAt({ at: 1 }), [3, 1, 2, 0.5], [2, 2, 2, 0.5], 12));

  test.each([
    [
      [1, 0.5, 0.8, 1.2],
      [0.9, 0.9, 0.8, 0.9],
    ],
    [
      [2, 1, 3, 0],
      [1.5, 1.5, 1.5, 1.5],
    ],
    [
      [1, 2, 0.5, 1.5],
      [1, 2, 0.5, 1.5],
    ],
  ])('bar %j in order open, high, low, close', (bar, expected) => {
    const { z } = project(ohlc(), bar, { shape: [1, 4] });
    z.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
  });

  test('pool adjacent violators', () => near(monotone(), [3, 1, 2, 5, 4], [2, 2, 2, 4.5, 4.5], 12));

  test('box and mean together, not one after the other (which gives 1, .25, .15, 1)', () =>
    near(all(bounds({ lower: 0, upper: 1 }), mean({ value: 0.6 })), [0.9, 0.1, -0.5, 2], [1, 0.4, 0, 1], 12));

  test('standard deviation', () =>
    near(std({ value: 2 }), [1, 2, 3, 4], [-0.183282, 1.605573, 3.394427, 5.183282]));

  test('autocorrelation', () => {
    const x = [1, -1, 2, 0, 1.5, -0.5, 0.3, 0.7];
    const expected = [0.697863, 0.509773, 1.369631, 0.946085, 0.746601, -0.197847, -0.217048, 0.144942];
    const { z } = project(autocorrelation({ lag: 1, value: 0.5 }), x);
    z.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    const distance = Math.hypot(...z.map((value, i) => value - x[i]!));
    expect(distance).toBeCloseTo(2.2130247, 5);
  });

  test('plain alternating projections return (-.5, .5) here; the nearest point is (0, 0)', () => {
    const { z } = project(
      all(bounds({ upper: 0, steps: [0] }), { ...mean({ upper: 0 }), name: 'x + y <= 0' }),
      [2, 1],
    );
    expect(z[0]).toBeCloseTo(0, 12);
    expect(z[1]).toBeCloseTo(0, 12);
  });

  test('a peak of known value at a known step, and anywhere', () => {
    near(peak({ value: 2, at: 0 }), [1, 3, 0], [2, 2, 0], 12);
    near(peak({ value: 2 }), [1, 1.5, 0], [1, 2, 0], 12);
    near(peak({ value: 2 }), [1, 5, 0], [1, 2, 0], 12);
    near(trough({ value: -1 }), [1, -0.5, 0], [1, -1, 0], 12);
  });

  test('a free peak beside other constraints is the nearest over all positions', () => {
    // Raising 1 or 2 to the peak costs the same height, but the mean must be paid by the rest: enumerate by hand.
    const x = [0.2, 1.1, 1, -0.4];
    const set = all(peak({ value: 1.5 }), mean({ value: 0.5 }));
    const { z, report } = project(set, x);
    const costs = x.map((_, at) => {
      const fixed = project(all(peak({ value: 1.5, at }), mean({ value: 0.5 })), x);
      return { z: fixed.z, cost: Math.hypot(...fixed.z.map((v, i) => v - x[i]!)) };
    });
    const best = costs.reduce((a, b) => (b.cost < a.cost ? b : a));
    expect(report.status).toBe('converged');
    z.forEach((value, i) => expect(value).toBeCloseTo(best.z[i]!, 10));
  });
});

describe('closed forms equal a general solver (quadprog) on random series', () => {
  const draw = draws(11);
  test.each([2, 5, 9])('order structures, length %i', (length) => {
    for (let round = 0; round < 10; round++)
      for (const constraint of orderSets(length, draw.integer(0, length - 1))) {
        const x = Array.from({ length }, () => draw.normal());
        const { z, projector } = project(constraint, x);
        const oracle = nearestByQuadprog(projector.rows(), x);
        z.forEach((value, i) => expect(value).toBeCloseTo(oracle.z[i]!, 9));
      }
  });

  test('price bars', () => {
    for (let round = 0; round < 40; round++) {
      const x = Array.from({ length: 8 }, () => draw.normal());
      const { z, projector } = project(ohlc(), x, { shape: [2, 4] });
      const oracle = nearestByQuadprog(projector.rows(), x);
      z.forEach((value, i) => expect(value).toBeCloseTo(oracle.z[i]!, 9));
    }
  });

  test('simplex', () => {
    for (let round = 0; round < 20; round++) {
      const x = Array.from({ length: 7 }, () => draw.normal());
      const { z, projector } = project(simplex({ total: 1.5 }), x);
      const oracle = nearestByQuadprog(projector.rows(), x);
      z.forEach((value, i) => expect(value).toBeCloseTo(oracle.z[i]!, 9));
      expect(z.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1.5, 12);
    }
  });
});

describe('balls', () => {
  test('l2: the vector is scaled to the radius; energy is its square', () => {
    near(l2Ball({ radius: 5 }), [6, 8], [3, 4], 12);
    near(energy({ upper: 25 }), [6, 8], [3, 4], 12);
    near(l2Ball({ radius: 20 }), [6, 8], [6, 8], 12);
  });

  test('l1: soft threshold with the threshold that meets the radius', () => {
    near(l1Ball({ radius: 3 }), [3, -2, 0.5], [2, -1, 0], 12);
    // Moreau: x minus its projection on the ball is the prox of the dual norm; both parts are soft thresholds of one level.
    const { z } = project(l1Ball({ radius: 1 }), [0.9, 0.8, -0.7]);
    expect(z.reduce((sum, value) => sum + Math.abs(value), 0)).toBeCloseTo(1, 12);
    expect(0.9 - z[0]!).toBeCloseTo(0.8 - z[1]!, 12);
  });

  test('a ball beside a mean: known optimum on the circle cut by the plane', () => {
    // In the plane sum = 1 the ball of radius 1 is a circle of radius sqrt(1 - 1/2) about (1/2, 1/2).
    const { z, report } = project(all(l2Ball({ radius: 1 }), mean({ value: 0.5 })), [3, 0]);
    expect(report.status).toBe('converged');
    expect(z[0]).toBeCloseTo(1, 7);
    expect(z[1]).toBeCloseTo(0, 7);
  });
});
