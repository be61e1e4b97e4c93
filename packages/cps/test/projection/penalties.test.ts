import { describe, expect, test } from 'vitest';
import { all, bounds, compileConstraints, equality, inequality, mean, type Penalty } from '../support/api';
import { draws } from '../support/draw';
import { nearestByQuadprog } from '../support/quadprog';
import { randomConvexSet } from '../support/random-problems';
import { project } from '../support/series';

const row = inequality([[1, 1]], [1]);

describe('one row x + y <= 1 from (2, 1), values of the closed forms', () => {
  test.each([
    ['l1', 0.5, [1.75, 0.75]],
    ['l1', 1, [1.5, 0.5]],
    ['l1', 2, [1, 0]],
    ['l1', 4, [1, 0]],
    ['quadratic', 0.5, [1.5, 0.5]],
    ['quadratic', 1, [1.333333, 0.333333]],
    ['quadratic', 2, [1.2, 0.2]],
    ['quadratic', 100, [1.004975, 0.004975]],
  ] as const)('%s, gamma %d', (penalty, gamma, expected) => {
    const { z } = project(row, [2, 1], { penalty, logGamma: Math.log(gamma) });
    z.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
  });
});

test('a coefficient on a single entry counts: 2 z <= 1 from 2 moves by gamma / 2 times 2', () => {
  const { z } = project(inequality([[2]], [1]), [2], { logGamma: Math.log(0.5) });
  expect(z[0]).toBeCloseTo(1.5, 12);
  // quadratic: r = 3, z = x - gamma r a / (1 + gamma a^2)
  const q = project(inequality([[2]], [1]), [2], { logGamma: Math.log(0.5), penalty: 'quadratic' });
  expect(q.z[0]).toBeCloseTo(2 - (0.5 * 3 * 2) / (1 + 0.5 * 4), 12);
});

test('ln gamma above 20 is the exact projection, without overflow; -Infinity changes nothing', () => {
  const set = all(mean({ value: 0.2 }), bounds({ lower: -1, upper: 0.5 }));
  const x = [1.5, -2, 0.3, 0.9];
  const exact = project(set, x).z;
  for (const logGamma of [20.001, 709, 10_000, Infinity])
    for (const penalty of ['l1', 'quadratic'] as const)
      expect(project(set, x, { logGamma, penalty }).z).toEqual(exact);
  expect(project(set, x, { logGamma: -Infinity }).z).toEqual(x);
  expect(() => project(set, x, { logGamma: NaN })).toThrow(/logGamma/);
});

test('an l1 penalty equals the projection from the largest multiplier on, and not below', () => {
  let compared = 0;
  let refused = 0;
  for (let seed = 0; seed < 60; seed++) {
    const draw = draws(seed);
    const { constraint, shape, inside } = randomConvexSet(draw);
    const x = inside.map(() => 2 * draw.normal());
    const { z, projector } = project(constraint, x, { shape });
    const rows = projector.rows();
    const oracle = nearestByQuadprog(rows, x);
    const largest = Math.max(...oracle.multipliers.map(Math.abs));
    if (largest < 1e-3) continue;
    compared++;
    const at = (gamma: number): number[] => project(constraint, x, { shape, logGamma: Math.log(gamma) }).z;
    const above = at(2.001 * largest);
    above.forEach((value, i) => expect(value).toBeCloseTo(z[i]!, 8));
    // Multipliers of dependent rows are not unique, so that "largest" may not be the least largest: ask where they are.
    if (shape[1] === 1) {
      const below = at(0.5 * largest);
      const moved = Math.max(...below.map((value, i) => Math.abs(value - z[i]!)));
      if (independent(oracle.multipliers, rows)) {
        refused++;
        expect(moved).toBeGreaterThan(1e-8);
      }
    }
  }
  expect(compared).toBeGreaterThan(40);
  expect(refused).toBeGreaterThan(10);
});

/** Rows at work no more than entries: multipliers are then unique almost surely. */
function independent(
  multipliers: readonly number[],
  rows: { columns: Int32Array; starts: Int32Array },
): boolean {
  const active = multipliers.flatMap((value, i) => (Math.abs(value) > 1e-9 ? [i] : []));
  const singles = new Set<number>();
  for (const i of active)
    if (rows.starts[i + 1]! - rows.starts[i]! === 1) singles.add(rows.columns[rows.starts[i]!]!);
  return active.length === 1 || active.every((i) => rows.starts[i + 1]! - rows.starts[i]! === 1);
}

describe.each<Penalty>(['l1', 'quadratic'])('%s', (penalty) => {
  test('violation never rises and distance never falls with gamma', () => {
    for (let seed = 100; seed < 140; seed++) {
      const draw = draws(seed);
      const { constraint, shape, inside } = randomConvexSet(draw);
      const x = inside.map(() => 2 * draw.normal());
      const projector = compileConstraints(constraint, { shape });
      let violation = Infinity;
      let distance = 0;
      for (const logGamma of [-4, -2, -1, 0, 1, 2, 4, 8, Infinity]) {
        const data = Float64Array.from(x);
        projector.project({ shape: [1, ...shape], data }, { logGamma, penalty });
        // The quadratic penalty's own Pi is the sum of squares.
        const now =
          penalty === 'l1'
            ? projector.violation({ shape: [1, ...shape], data })[0]!
            : squares(projector.rows(), data);
        const moved = Math.hypot(...data.map((value, i) => value - x[i]!));
        expect(now).toBeLessThanOrEqual(violation + 1e-9);
        expect(moved).toBeGreaterThanOrEqual(distance - 1e-9);
        violation = now;
        distance = moved;
      }
    }
  });
});

function squares(rows: ReturnType<ReturnType<typeof compileConstraints>['rows']>, x: Float64Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < rows.starts.length; i++) {
    let value = 0;
    for (let e = rows.starts[i]!; e < rows.starts[i + 1]!; e++)
      value += rows.values[e]! * x[rows.columns[e]!]!;
    sum += Math.max(0, value - rows.upper[i]!, rows.lower[i]! - value) ** 2;
  }
  return sum;
}

test('a finite last penalty leaves |A z - y| <= |A x - y| / (1 + gamma lambda_min+)', () => {
  const draw = draws(7);
  for (let round = 0; round < 30; round++) {
    const n = 6;
    const scales = [draw.positive(), draw.positive()];
    // Orthogonal rows: the eigenvalues of A'A are their squared norms.
    const a = Array.from({ length: n }, (_, j) => (j % 2 === 0 ? scales[0]! : 0));
    const b = Array.from({ length: n }, (_, j) => (j % 2 === 1 ? scales[1]! : 0));
    const least = Math.min(3 * scales[0]! ** 2, 3 * scales[1]! ** 2);
    const y = [draw.normal(), draw.normal()];
    const x = Array.from({ length: n }, () => draw.normal());
    const gamma = 10 * draw.positive();
    const residual = (z: number[]): number =>
      Math.hypot(...[a, b].map((r, i) => r.reduce((sum, value, j) => sum + value * z[j]!, 0) - y[i]!));
    const { z } = project(equality([a, b], y), x, { penalty: 'quadratic', logGamma: Math.log(gamma) });
    expect(residual(z)).toBeLessThanOrEqual(residual(x) / (1 + gamma * least) + 1e-12);
    expect(residual(z)).toBeGreaterThan(0);
  }
});
