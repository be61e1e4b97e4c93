import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  all,
  anyOf,
  autocorrelation,
  bounds,
  custom,
  fixed,
  l2Ball,
  maxStep,
  mean,
  meanAbsoluteChange,
  peak,
  spectralAmplitude,
  std,
  volatility,
  type Constraint,
} from '../support/api';
import { draws } from '../support/draw';
import { project } from '../support/series';

interface GoldenCase {
  kind: string;
  x: number[];
  z: number[];
  distance: number;
  [parameter: string]: any;
}

// Nearest points by scipy SLSQP from twelve starts: tooling/reference/cps/golden_nonconvex.py.
const golden = JSON.parse(readFileSync(new URL('../golden/nonconvex.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[];
};

function setOf(c: GoldenCase): Constraint {
  switch (c.kind) {
    case 'autocorrelation':
      return autocorrelation({ lag: c.lag, value: c.value });
    case 'mean-std-autocorrelation':
      return all(
        mean({ value: c.mean }),
        std({ value: c.std }),
        autocorrelation({ lag: c.lag, value: c.value }),
      );
    case 'std-bounds':
      return all(std({ value: c.std }), bounds({ lower: c.lower, upper: c.upper }));
    case 'change-mean':
      return all(meanAbsoluteChange({ value: c.change }), mean({ value: c.mean }));
    case 'volatility':
      return volatility({ value: c.value });
    default:
      return all(
        spectralAmplitude({ frequency: c.frequency, value: c.value }),
        fixed({ values: { 0: c.first } }),
      );
  }
}

describe('against scipy SLSQP', () => {
  test.each(golden.cases.map((c, i) => [`${i} ${c.kind}`, c] as const))('%s', (_, c) => {
    const { z, report } = project(setOf(c), c.x);
    expect(report.status).toBe('converged');
    expect(report.residual[0]).toBeLessThanOrEqual(1e-9);
    const distance = Math.hypot(...z.map((value, i) => value - c.x[i]!));
    expect(distance).toBeLessThanOrEqual(c.distance * (1 + 1e-5));
    z.forEach((value, i) => expect(value).toBeCloseTo(c.z[i]!, 4));
  });
});

describe('every sample of a batch is feasible to 1e-6', () => {
  const batch = 40;
  const length = 48;
  const draw = draws(3);
  const walk = (level: number): Float64Array => {
    const x = new Float64Array(batch * length);
    for (let i = 0; i < x.length; i++) x[i] = (i % length === 0 ? level : x[i - 1]!) + 0.2 * draw.normal();
    return x;
  };
  const prices = walk(0).map((value) => 100 * Math.exp(0.1 * value));
  const list = (low: number, high: number): number[] =>
    Array.from({ length: batch }, (_, b) => low + ((high - low) * b) / (batch - 1));
  test.each<[string, Constraint, Float64Array]>([
    ['autocorrelation', autocorrelation({ lag: 1, value: list(-0.5, 0.95) }), walk(0)],
    ['standard deviation', std({ value: list(0.1, 3) }), walk(0)],
    ['volatility', volatility({ value: list(0.005, 0.05) }), prices],
    [
      'statistics beside bounds, a mean and fixed values',
      all(
        autocorrelation({ lag: 2, value: list(0.1, 0.7) }),
        mean({ value: list(-0.3, 0.3) }),
        std({ value: list(0.6, 1) }),
        bounds({ lower: -3, upper: 3 }),
        fixed({ values: { 0: 0.2, '-1': -0.2 } }),
      ),
      walk(0),
    ],
    [
      'mean change beside ramp limits',
      all(meanAbsoluteChange({ value: list(0.05, 0.25) }), maxStep({ value: 0.4 }), mean({ value: 0 })),
      walk(0),
    ],
    ['amplitude', all(spectralAmplitude({ frequency: 3, value: list(0, 2) }), mean({ value: 0 })), walk(0)],
  ])('%s', (_, constraint, x) => {
    const { report } = project(constraint, x, { shape: [length, 1], batch });
    expect(report.status).toBe('converged');
    expect(Math.max(...report.residual)).toBeLessThanOrEqual(1e-6);
    expect(report.violated).toEqual([]);
  });
});

describe('degenerate series', () => {
  const constant = new Array<number>(8).fill(1.5);
  test('a constant series is given a direction: all are equally near', () => {
    const { z, report } = project(all(std({ value: 2 }), mean({ value: 0 })), constant);
    expect(report.residual[0]).toBeLessThanOrEqual(1e-9);
    const distance = Math.hypot(...z.map((value, i) => value - constant[i]!));
    // |mean moved|^2 n + |std|^2 n, whatever the direction
    expect(distance).toBeCloseTo(Math.sqrt(8 * 1.5 ** 2 + 8 * 2 ** 2), 9);
  });
  test('a constant series moves a little to have an autocorrelation', () => {
    const { z, report } = project(autocorrelation({ lag: 1, value: 0.5 }), constant);
    expect(report.residual[0]).toBeLessThanOrEqual(1e-9);
    expect(Math.hypot(...z.map((value, i) => value - constant[i]!))).toBeLessThan(2e-3);
  });
  test('statistics beside bounds start from a constant series too', () => {
    const { report } = project(all(std({ value: 0.5 }), bounds({ lower: 0, upper: 3 })), constant);
    expect(report.status).toBe('converged');
    expect(report.residual[0]).toBeLessThanOrEqual(1e-9);
  });
  test('a correlation beyond what the length allows is refused', () => {
    // The greatest lag-1 autocorrelation of n steps is cos(pi / (n + 1)) without centring: about .940 for 8.
    expect(() => project(autocorrelation({ lag: 1, value: 0.97 }), constant)).toThrow(/autocorrelation/);
  });
  test('volatility of a price that is not positive is refused', () => {
    expect(() => project(volatility({ value: 0.1 }), [1, -1, 2])).toThrow(/positive/);
  });
});

describe('custom functions', () => {
  test('an equality without a gradient: the nearest point of the unit circle', () => {
    const c = custom({ kind: 'equality', value: (z) => z[0]! ** 2 + z[1]! ** 2 - 1, name: 'circle' });
    const { z, report } = project(c, [3, 4]);
    expect(report.status).toBe('converged');
    expect(z[0]).toBeCloseTo(0.6, 7);
    expect(z[1]).toBeCloseTo(0.8, 7);
  });
  test('an inequality that holds changes nothing', () => {
    const c = custom({ kind: 'inequality', value: (z) => z[0]! ** 2 + z[1]! ** 2 - 100, convex: true });
    expect(project(c, [3, 4]).z).toEqual([3, 4]);
  });
  test('one that cannot hold is reported by name, not handed out as satisfied', () => {
    const c = custom({ kind: 'equality', value: (z) => z[0]! ** 2 + 1, name: 'impossible' });
    const { report } = project(c, [0.5, 0]);
    expect(report.status).not.toBe('converged');
    expect(report.violated).toEqual(['impossible']);
  });
  test('a wrong gradient length and a value that is not a number are refused', () => {
    expect(() => project(custom({ kind: 'equality', value: () => 1, gradient: () => [1] }), [1, 2])).toThrow(
      /gradient/,
    );
    expect(() => project(custom({ kind: 'equality', value: () => NaN }), [1, 2])).toThrow(/finite/);
  });
});

describe('unions', () => {
  test('the nearest member, each an intersection', () => {
    const set = anyOf(all(bounds({ upper: -1 }), mean({ value: -1.5 })), fixed({ values: { 0: 1 } }));
    expect(project(set, [0.9, 5]).z).toEqual([1, 5]);
    const { z } = project(set, [-1.1, -1.2]);
    z.forEach((value, i) => expect(value).toBeCloseTo([-1.45, -1.55][i]!, 12));
  });
  test('members that contradict the rest are passed over; if all do, that is an error', () => {
    const rest = bounds({ upper: 0.5 });
    expect(
      project(all(rest, anyOf(fixed({ values: { 0: 1 } }), fixed({ values: { 1: -3 } }))), [0.9, 0]).z,
    ).toEqual([0.5, -3]);
    expect(() => project(all(rest, anyOf(fixed({ values: { 0: 1 } }))), [0.9, 0])).toThrow(
      /infeasible|goes with|contradict/,
    );
  });
  test('a free peak beside a ramp and a statistic', () => {
    const draw = draws(6);
    const x = Array.from({ length: 16 }, () => draw.normal());
    const { z, report } = project(all(peak({ value: 2 }), maxStep({ value: 0.8 }), l2Ball({ radius: 6 })), x);
    expect(report.status).toBe('converged');
    expect(Math.max(...z)).toBeCloseTo(2, 8);
    expect(report.residual[0]).toBeLessThanOrEqual(1e-8);
  });
});

test('penalties of functions that bend: a little penalty moves a little, a great one reaches the set', () => {
  const x = [1, 2, 3, 4];
  const set = all(std({ value: 2 }), bounds({ lower: -1, upper: 5 }));
  for (const penalty of ['l1', 'quadratic'] as const) {
    let before = Infinity;
    for (const logGamma of [-3, 0, 2, 5, 12]) {
      const { z } = project(set, x, { penalty, logGamma });
      const centre = z.reduce((sum, value) => sum + value, 0) / 4;
      const gap = Math.abs(Math.sqrt(z.reduce((sum, value) => sum + (value - centre) ** 2, 0) / 4) - 2);
      expect(gap).toBeLessThanOrEqual(before + 1e-9);
      before = gap;
    }
    expect(before).toBeLessThan(1e-4);
  }
});
