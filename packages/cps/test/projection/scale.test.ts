import { expect, test } from 'vitest';
import {
  all,
  argmaxAt,
  bounds,
  compileConstraints,
  fixed,
  l2Ball,
  maxStep,
  mean,
  ohlc,
  peak,
  returns,
  std,
  totalReturn,
} from '../support/api';
import { draws } from '../support/draw';
import { project } from '../support/series';

const draw = draws(21);
const standard = (n: number): number[] => Array.from({ length: n }, () => draw.normal());

test('raw constraints hold in raw units after projecting standardised series', () => {
  const [scale, shift] = [25, 400];
  const set = all(
    mean({ value: 410 }),
    bounds({ lower: 350, upper: 440 }),
    maxStep({ value: 20 }),
    fixed({ values: { 0: 400 } }),
  );
  const { z, report } = project(set, standard(24), { scale: { scale, shift } });
  const raw = z.map((value) => scale * value + shift);
  expect(report.status).toBe('converged');
  expect(raw.reduce((sum, value) => sum + value, 0) / 24).toBeCloseTo(410, 9);
  expect(raw[0]).toBeCloseTo(400, 9);
  for (let t = 0; t < 24; t++) {
    expect(raw[t]! >= 350 - 1e-9 && raw[t]! <= 440 + 1e-9).toBe(true);
    if (t > 0) expect(Math.abs(raw[t]! - raw[t - 1]!)).toBeLessThanOrEqual(20 + 1e-9);
  }
});

test('units do not matter: cents and dollars project alike, penalties included', () => {
  const x = standard(12);
  for (const logGamma of [0, 2, Infinity])
    for (const penalty of ['l1', 'quadratic'] as const) {
      const dollars = project(all(mean({ value: 11 }), maxStep({ value: 0.5 })), x, {
        scale: { scale: 2, shift: 10 },
        logGamma,
        penalty,
      });
      const cents = project(all(mean({ value: 1100 }), maxStep({ value: 50 })), x, {
        scale: { scale: 200, shift: 1000 },
        logGamma,
        penalty,
      });
      dollars.z.forEach((value, i) => expect(value).toBeCloseTo(cents.z[i]!, 10));
    }
});

test('each channel has its own scale; names choose channels', () => {
  const set = all(mean({ value: 3, channel: 'b' }), bounds({ lower: 0, channel: 'a' }));
  const { z } = project(set, standard(10), {
    shape: [5, 2],
    channels: ['a', 'b'],
    scale: { scale: [2, 0.5], shift: [-1, 4] },
  });
  const b = z.filter((_, i) => i % 2 === 1).map((value) => 0.5 * value + 4);
  const a = z.filter((_, i) => i % 2 === 0).map((value) => 2 * value - 1);
  expect(b.reduce((sum, value) => sum + value, 0) / 5).toBeCloseTo(3, 10);
  expect(Math.min(...a)).toBeGreaterThanOrEqual(-1e-12);
});

test('closed forms stay right under a negative scale, which mirrors the order', () => {
  const x = standard(6);
  const { z } = project(argmaxAt({ at: 2 }), x, { scale: { scale: -3, shift: 1 } });
  const raw = z.map((value) => -3 * value + 1);
  expect(Math.max(...raw)).toBeCloseTo(raw[2]!, 12);
  // The mirror image of the problem has the mirror image for its solution.
  const mirrored = project(
    argmaxAt({ at: 2 }),
    x.map((value) => -value),
  ).z;
  z.forEach((value, i) => expect(value).toBeCloseTo(-mirrored[i]!, 10));
});

/** Prices from increments: price[t] = start + s (x[0] + ... + x[t]), one channel. */
function walk(length: number, { scale, start }: { scale: number; start: number }) {
  const starts = new Int32Array(length + 1);
  const columns: number[] = [];
  for (let t = 0; t < length; t++) {
    for (let k = 0; k <= t; k++) columns.push(k);
    starts[t + 1] = columns.length;
  }
  const rows = {
    starts,
    columns: Int32Array.from(columns),
    values: new Float64Array(columns.length).fill(scale),
  };
  return { rows, shift: new Float64Array(length).fill(start) };
}

test('an affine map: constraints on prices, projection in increments, a start price for each sample', () => {
  const length = 16;
  const starts = [100, 80, 130];
  const x = Float64Array.from({ length: 3 * length }, () => draw.normal());
  const set = all(
    fixed({ values: { '-1': [104, 85, 120] } }),
    peak({ value: [112, 91, 141], at: [5, 9, 2] }),
    bounds({ lower: [90, 70, 110] }),
  );
  const { z, report } = project(set, x, {
    shape: [length, 1],
    batch: 3,
    scale: starts.map((start) => walk(length, { scale: 2, start })),
  });
  expect(report.status).toBe('converged');
  [104, 85, 120].forEach((end, b) => {
    let price = starts[b]!;
    const prices = z.slice(b * length, (b + 1) * length).map((value) => (price += 2 * value));
    expect(prices.at(-1)).toBeCloseTo(end, 8);
    expect(Math.max(...prices)).toBeCloseTo([112, 91, 141][b]!, 8);
    expect(prices[[5, 9, 2][b]!]).toBeCloseTo(Math.max(...prices), 8);
    expect(Math.min(...prices)).toBeGreaterThanOrEqual([90, 70, 110][b]! - 1e-8);
  });
});

test('a fixed end price alone spreads over the increments: the isotropic answer', () => {
  const length = 10;
  const x = standard(length);
  const { z } = project(fixed({ values: { '-1': 107 } }), x, {
    scale: walk(length, { scale: 1, start: 100 }),
  });
  const shift = (7 - x.reduce((sum, value) => sum + value, 0)) / length;
  z.forEach((value, t) => expect(value).toBeCloseTo(x[t]! + shift, 10));
});

test('logarithmic coordinates: order, returns, bounds and total return stay linear, a mean is solved by the general method', () => {
  const length = 6;
  const identity = Float64Array.from({ length: (4 * length) ** 2 }, (_, i) =>
    Number(i % (4 * length + 1) === 0),
  );
  const scale = {
    matrix: identity,
    shift: new Float64Array(4 * length).fill(Math.log(50)),
    space: 'log' as const,
  };
  const set = all(
    ohlc(),
    totalReturn({ value: 0.08, channel: 3, from: 0 }),
    returns({ lower: -0.05, upper: 0.05, channel: 3 }),
    bounds({ lower: 45, upper: 60 }),
    mean({ value: 51.5, channel: 3 }),
  );
  const x = Float64Array.from({ length: 4 * length }, () => 0.05 * draw.normal());
  const { z, report } = project(set, x, { shape: [length, 4], scale });
  expect(report.status).toBe('converged');
  const price = (t: number, k: number): number => 50 * Math.exp(z[4 * t + k]!);
  let sum = 0;
  for (let t = 0; t < length; t++) {
    const [open, high, low, close] = [price(t, 0), price(t, 1), price(t, 2), price(t, 3)];
    expect(low).toBeLessThanOrEqual(Math.min(open, close) + 1e-7);
    expect(high).toBeGreaterThanOrEqual(Math.max(open, close) - 1e-7);
    if (t > 0) expect(Math.abs(close / price(t - 1, 3) - 1)).toBeLessThanOrEqual(0.05 + 1e-9);
    sum += close;
  }
  expect(price(length - 1, 3) / price(0, 0)).toBeCloseTo(1.08, 9);
  expect(sum / length).toBeCloseTo(51.5, 8);
});

test('statistics and balls follow a uniform scale exactly', () => {
  const x = standard(20);
  const scaled = project(all(std({ value: 6 }), mean({ value: 1 })), x, { scale: { scale: 3, shift: 7 } });
  const plain = project(all(std({ value: 2 }), mean({ value: -2 })), x);
  scaled.z.forEach((value, i) => expect(value).toBeCloseTo(plain.z[i]!, 10));
  const ball = project(l2Ball({ radius: 6 }), x, { scale: { scale: 3, shift: 0 } });
  expect(Math.hypot(...ball.z)).toBeLessThanOrEqual(2);
});

test('a scale that does not fit is refused', () => {
  const set = mean({ value: 0 });
  expect(() => compileConstraints(set, { shape: [4, 1], scale: { scale: 0 } })).toThrow(/not 0/);
  expect(() => compileConstraints(set, { shape: [4, 1], scale: { scale: [1, 2] } })).toThrow(/scale/);
  expect(() => compileConstraints(set, { shape: [4, 1], scale: [{ scale: 1 }] })).toThrow(/batch/);
  expect(() => compileConstraints(set, { shape: [4, 1], scale: { matrix: [1], shift: [0] } })).toThrow(
    /matrix/,
  );
});
