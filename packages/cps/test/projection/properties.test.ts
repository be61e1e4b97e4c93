import { describe, expect, test } from 'vitest';
import { fc, test as property } from '@fast-check/vitest';
import {
  admm,
  all,
  bounds,
  compileConstraints,
  dualAscent,
  mean,
  maxStep,
  type Penalty,
} from '../support/api';
import { draws } from '../support/draw';
import { enumerateActiveSets } from '../support/enumerate';
import { nearestByQuadprog } from '../support/quadprog';
import { randomConvexSet } from '../support/random-problems';
import { project } from '../support/series';

const cases = Array.from({ length: 200 }, (_, seed) => {
  const draw = draws(1000 + seed);
  const { constraint, shape, inside } = randomConvexSet(draw);
  const x = inside.map(() => 2 * draw.normal());
  const other = inside.map(() => 2 * draw.normal());
  return { seed, constraint, shape, inside, x, other };
});

describe('200 random convex sets, each with a point known to be inside', () => {
  test('feasible to 1e-9, idempotent, non-expansive, and <x - Px, c - Px> <= 0 for feasible c', () => {
    for (const { constraint, shape, inside, x, other, seed } of cases) {
      const { z, report, projector } = project(constraint, x, { shape });
      expect(report.status, `case ${seed}`).toBe('converged');
      expect(report.violated, `case ${seed}`).toEqual([]);
      expect(report.residual[0], `case ${seed}`).toBeLessThanOrEqual(1e-9);
      const again = Float64Array.from(z);
      projector.project({ shape: [1, ...shape], data: again });
      expect(distance(again, z)).toBeLessThanOrEqual(1e-8);
      const otherZ = project(constraint, other, { shape }).z;
      expect(distance(z, otherZ)).toBeLessThanOrEqual(distance(x, other) + 1e-8);
      for (const c of [inside, otherZ]) expect(inner(x, z, c)).toBeLessThanOrEqual(1e-8);
    }
  });

  test('equals quadprog (Goldfarb-Idnani) to 1e-8', () => {
    for (const { constraint, shape, x, seed } of cases) {
      const { z, projector } = project(constraint, x, { shape });
      const oracle = nearestByQuadprog(projector.rows(), x);
      expect(distance(z, oracle.z), `case ${seed}`).toBeLessThanOrEqual(1e-8);
    }
  });

  test('equals dual ascent and ADMM to 1e-6, and enumeration of active sets to 1e-9 up to four rows', () => {
    let enumerated = 0;
    for (const { constraint, shape, x, seed } of cases) {
      const { z, projector } = project(constraint, x, { shape });
      const rows = projector.rows();
      const ascent = dualAscent(rows, Float64Array.from(x));
      expect(ascent.converged, `case ${seed}`).toBe(true);
      expect(distance(z, ascent.x), `case ${seed}`).toBeLessThanOrEqual(1e-6);
      const split = admm(rows, Float64Array.from(x));
      expect(split.converged, `case ${seed}`).toBe(true);
      expect(distance(z, split.x), `case ${seed}`).toBeLessThanOrEqual(1e-6);
      if (rows.starts.length - 1 > 4) continue;
      enumerated++;
      expect(distance(z, enumerateActiveSets(rows, x)), `case ${seed}`).toBeLessThanOrEqual(1e-9);
    }
    expect(enumerated).toBeGreaterThan(20);
  });

  test.each<Penalty>(['l1', 'quadratic'])('%s proximal points equal plain dual ascent', (penalty) => {
    for (const { constraint, shape, x, seed } of cases) {
      for (const logGamma of [-1, 1, 3]) {
        const { z, report, projector } = project(constraint, x, { shape, penalty, logGamma });
        const ascent = dualAscent(projector.rows(), Float64Array.from(x), { penalty, logGamma });
        expect(report.status, `case ${seed}`).toBe('converged');
        if (ascent.converged)
          expect(distance(z, ascent.x), `case ${seed} at ${logGamma}`).toBeLessThanOrEqual(1e-7);
      }
    }
  });
});

test('a batch equals its samples one by one, exactly, each with parameters of its own', () => {
  const draw = draws(5);
  const batch = 9;
  const length = 12;
  const means = Array.from({ length: batch }, () => 0.2 * draw.normal());
  const steps = Array.from({ length: batch }, () => 0.2 + draw.positive());
  const x = Float64Array.from({ length: batch * length }, () => 2 * draw.normal());
  const set = (b?: number) =>
    all(
      mean({ value: b === undefined ? means : means[b]! }),
      maxStep({ value: b === undefined ? steps : steps[b]! }),
      bounds({ lower: -1.5, upper: 1.5 }),
    );
  for (const options of [{}, { logGamma: 1 }, { logGamma: 1, penalty: 'quadratic' as const }]) {
    const together = project(set(), x, { shape: [length, 1], batch, ...options }).z;
    for (let b = 0; b < batch; b++) {
      const alone = project(set(b), x.subarray(b * length, (b + 1) * length), options).z;
      expect(together.slice(b * length, (b + 1) * length)).toEqual(alone);
    }
  }
});

test('multipliers of one call start the next: the same point in fewer sweeps', () => {
  const draw = draws(8);
  const length = 40;
  const projector = compileConstraints(all(maxStep({ value: 0.2 }), mean({ value: 0 })), {
    shape: [length, 1],
  });
  const x = Float64Array.from({ length }, () => draw.normal());
  const cold = Float64Array.from(x);
  const first = projector.project({ shape: [1, length, 1], data: cold });
  const warm = Float64Array.from(x);
  const second = projector.project({ shape: [1, length, 1], data: warm }, { warm: first.multipliers! });
  expect(distance(cold, warm)).toBeLessThanOrEqual(1e-10);
  expect(second.iterations).toBeLessThan(first.iterations);
});

property.prop([
  fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 30 }),
  fc.double({ min: 0, max: 10, noNaN: true }),
  fc.double({ min: -5, max: 5, noNaN: true }),
])('ramp limits with a mean hold for any series', (x, limit, value) => {
  const { z, report } = project(all(maxStep({ value: limit }), mean({ value })), x);
  expect(report.status).toBe('converged');
  const average = z.reduce((sum, entry) => sum + entry, 0) / z.length;
  expect(Math.abs(average - value)).toBeLessThanOrEqual(1e-9);
  for (let t = 1; t < z.length; t++) expect(Math.abs(z[t]! - z[t - 1]!)).toBeLessThanOrEqual(limit + 1e-9);
});

property.prop([
  fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 }),
  fc.double({ min: 0, max: 1, noNaN: true }),
])('bounds with a mean between them hold for any series', (x, share) => {
  const { z, report } = project(all(bounds({ lower: -2, upper: 3 }), mean({ value: -2 + 5 * share })), x);
  expect(report.status).toBe('converged');
  for (const value of z) expect(value >= -2 && value <= 3).toBe(true);
  expect(
    Math.abs(z.reduce((sum, entry) => sum + entry, 0) / z.length - (-2 + 5 * share)),
  ).toBeLessThanOrEqual(1e-9);
});

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

function inner(x: ArrayLike<number>, p: ArrayLike<number>, c: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! - p[i]!) * (c[i]! - p[i]!);
  return sum;
}
