import { fc, test as property } from '@fast-check/vitest';
import { gaussianDenoiser, rectifiedFlowSchedule, score, estimate, float64Space } from '@lab/diffusion-core';
import { fromRows, matmul } from '@lab/tensor-core/linalg64';
import { normal } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { lq } from '../src';
import { expectRefusal } from './support/throws';

const matrix = fromRows([
  [1, 0.5, 0],
  [0, 1, -1],
]);
const [x0, style] = [
  [1, -1, 0.5],
  [2, 0.3],
];
const seen = (x: ArrayLike<number>): Float64Array =>
  matmul(matrix, { shape: [3], data: Float64Array.from(x) }).data;
/** The row of the null space of the matrix: A (1, -2, -2) = 0. */
const alongNull = (x: ArrayLike<number>): number => x[0]! - 2 * x[1]! - 2 * x[2]!;

describe('known target (Proposition A.2)', () => {
  // By hand: S = 1/9 + 1.
  test('control, value and gap of the example', () => {
    const options = { target: [2], gamma: 9 };
    expect(lq.knownTargetControl([0], options)).toBeAllclose([1.8]);
    expect(lq.knownTargetValue([0], options)).toBeAllclose(1.8);
    expect(2 - lq.knownTargetControl([0], options)[0]!).toBeAllclose(0.2);
    expect(lq.knownTargetControl([0.5], { target: [2], t: 0.25 })).toBeAllclose([2]);
  });

  property.prop([fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true })])(
    'the value solves the Hamilton-Jacobi-Bellman equation V_t = 1/2 V_x^2',
    (t, x) => {
      const value = (time: number, at: number): number =>
        lq.knownTargetValue([at], { target: [2], gamma: 9, t: time });
      const h = 1e-5;
      const inTime = (value(t + h, x) - value(t - h < 0 ? 0 : t - h, x)) / (t - h < 0 ? t + h : 2 * h);
      const inSpace = (value(t, x + h) - value(t, x - h)) / (2 * h);
      // Central differences where both sides are inside; forward ones at t = 0.
      expect(inTime).toBeAllclose(0.5 * inSpace ** 2, { rtol: t < h ? 1e-3 : 1e-6, atol: 1e-6 });
    },
  );

  test('with noise the control stays, and the value grows by the logarithm; simulated', () => {
    const options = { target: [2], gamma: 5 };
    expect(lq.knownTargetValue([0], options)).toBeAllclose(1.666667, { atol: 1e-6 });
    const value = lq.knownTargetValue([0], { ...options, deviation: 1 });
    expect(value).toBeAllclose(2.562546, { atol: 1e-6 });
    const [paths, steps] = [4000, 100];
    const costs = new Float64Array(paths);
    for (let n = 0; n < paths; n++) {
      const noise = normal([7, n], steps);
      let x = 0;
      for (let i = 0; i < steps; i++) {
        const [u] = lq.knownTargetControl([x], { ...options, t: i / steps });
        costs[n]! += (0.5 * u! ** 2) / steps;
        x += u! / steps + noise[i]! / Math.sqrt(steps);
      }
      costs[n]! += 2.5 * (x - 2) ** 2;
    }
    const mean = costs.reduce((sum, each) => sum + each, 0) / paths;
    const error = Math.sqrt(costs.reduce((sum, each) => sum + (each - mean) ** 2, 0) / paths ** 2);
    // Euler's own error in 100 steps is below 0.02.
    expect(Math.abs(mean - value)).toBeLessThan(4 * error + 0.02);
  });
});

describe('linear style (Proposition 5.1)', () => {
  test('finite gamma: reference values, and the d x d form', () => {
    const { control, end, cost } = lq.linearStylePath(x0, { matrix, style, gamma: 10 });
    expect(control).toBeAllclose([0.870406, 1.085106, -0.649903], { atol: 1e-6, rtol: 0 });
    expect(end).toBeAllclose([1.870406, 0.085106, -0.149903], { atol: 1e-6, rtol: 0 });
    expect(cost).toBeAllclose(1.237717601548, { rtol: 1e-11 });
    // (I / gamma + s A^T A) p = A^T (A x - y), the printed form.
    const gram = matmul({ shape: [3, 2], data: Float64Array.of(1, 0, 0.5, 1, 0, -1) }, matrix).data;
    const wanted = matmul(
      { shape: [3, 2], data: Float64Array.of(1, 0, 0.5, 1, 0, -1) },
      {
        shape: [2],
        data: seen(x0).map((value, i) => style[i]! - value),
      },
    ).data;
    const left = [0, 1, 2].map(
      (i) => control[i]! / 10 + [0, 1, 2].reduce((sum, j) => sum + gram[i * 3 + j]! * control[j]!, 0),
    );
    expect(left).toBeAllclose(wanted, { rtol: 1e-10 });
  });

  test('infinite gamma: the pseudo-inverse meets the style and leaves the null space alone', async () => {
    const { control, end } = lq.linearStylePath(x0, { matrix, style });
    expect(control).toBeAllclose([0.933333, 1.133333, -0.666667], { atol: 1e-6, rtol: 0 });
    expect(seen(end)).toBeAllclose(style, { atol: 1e-12 });
    expect(alongNull(end)).toBeAllclose(alongNull(x0), { atol: 1e-12 });
    await expectRefusal(
      () => lq.linearStylePath(x0, { matrix, style, limit: 'normal-equations' }),
      'numeric',
      'singular',
    );
  });

  // A control that is piecewise constant reaches the same optimum: the true one is constant.
  test('no other constant control costs less', () => {
    const { control, cost } = lq.linearStylePath(x0, { matrix, style, gamma: 10 });
    const costOf = (u: readonly number[]): number => {
      const r = seen(u.map((value, i) => x0[i]! + value)).map((value, i) => value - style[i]!);
      return 0.5 * u.reduce((sum, each) => sum + each ** 2, 0) + 5 * (r[0]! ** 2 + r[1]! ** 2);
    };
    expect(costOf(Array.from(control))).toBeAllclose(cost, { rtol: 1e-12 });
    for (let i = 0; i < 3; i++)
      for (const h of [-1e-3, 1e-3])
        expect(costOf(Array.from(control, (value, j) => value + (i === j ? h : 0)))).toBeGreaterThan(cost);
  });
});

describe('linear drift (Proposition 5.2)', () => {
  const options = { matrix, style, gamma: 10 };
  test('finite gamma: reference values', () => {
    const { control, end, cost, after } = lq.linearDriftPath(x0, options);
    expect(control).toBeAllclose([-0.320781, 1.752282, -1.912673], { atol: 1e-5, rtol: 0 });
    expect(end).toBeAllclose([2.3413, -0.658998, -0.888634], { atol: 1e-5, rtol: 0 });
    expect(cost).toBeAllclose(1.502236004, { rtol: 1e-9 });
    expect(after(0.4)).toBeAllclose([1.360063, -0.772071, -0.039722], { atol: 1e-5, rtol: 0 });
  });

  test('following the control by Runge-Kutta leads along the same path', () => {
    let [x, t] = [Array.from(x0), 0];
    const slope = (at: readonly number[], time: number): number[] => {
      const { control } = lq.linearDriftPath(at, { ...options, t: time });
      return at.map((value, i) => value + control[i]!);
    };
    const h = 0.02;
    const add = (a: readonly number[], b: readonly number[], c: number): number[] =>
      a.map((value, i) => value + c * b[i]!);
    for (let k = 0; k < 20; k++, t += h) {
      const k1 = slope(x, t);
      const k2 = slope(add(x, k1, h / 2), t + h / 2);
      const k3 = slope(add(x, k2, h / 2), t + h / 2);
      const k4 = slope(add(x, k3, h), t + h);
      x = x.map((value, i) => value + (h / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!));
    }
    expect(x).toBeAllclose(lq.linearDriftPath(x0, options).after(0.4), { atol: 1e-6 });
  });

  test('limits: infinite gamma, and little time left', () => {
    const { control, end, cost } = lq.linearDriftPath(x0, { matrix, style });
    expect(control).toBeAllclose([-0.343012, 1.776661, -1.948167], { atol: 1e-5, rtol: 0 });
    expect(seen(end)).toBeAllclose(style, { atol: 1e-10 });
    expect(cost).toBeGreaterThan(lq.linearDriftPath(x0, options).cost);
    const t = 1 - 1e-6;
    const [drift, still] = [
      lq.linearDriftPath(x0, { matrix, style, t }),
      lq.linearStylePath(x0, { matrix, style, t }),
    ];
    expect(drift.control).toBeAllclose(still.control, { rtol: 1e-5 });
  });

  test('minimising over 100 piecewise constant controls finds the cost, to the error of Euler steps', () => {
    // For a linear system the best controls follow from one regression on what each reaches at the end.
    const [steps, h] = [100, 0.01];
    const reach = Float64Array.from({ length: steps }, (_, i) => h * (1 + h) ** (steps - 1 - i));
    const energy = reach.reduce((sum, each) => sum + each ** 2, 0) / h;
    const grown = (1 + h) ** steps;
    // min 1/2 sum h |u_i|^2 + 5 |A (grown x + sum reach_i u_i) - y|^2: with v = sum reach_i u_i, it costs |v|^2 / (2 energy).
    const v = lq.proximalPoint(
      x0.map((each) => each * grown),
      { matrix, style, lambda: 1 / (10 * energy) },
    );
    const moved = v.map((each, i) => each - x0[i]! * grown);
    const r = seen(v).map((value, i) => value - style[i]!);
    const cost =
      moved.reduce((sum, each) => sum + each ** 2, 0) / (2 * energy) + 5 * (r[0]! ** 2 + r[1]! ** 2);
    expect(cost).toBeAllclose(1.51157, { atol: 1e-4 });
    expect(cost).toBeAllclose(1.502236004, { rtol: 0.01 });
  });
});

// Remark A.3 with the coefficients the right way round.
test.each([0.1, 0.5, 0.9])('the causal controller is the velocity of the flow at t = %s', async (t) => {
  const schedule = rectifiedFlowSchedule();
  const gaussian = gaussianDenoiser({
    mean: [0.3, -1],
    covariance: [
      [1, 0.4],
      [0.4, 0.5],
    ],
    schedule,
  });
  const x = { shape: [1, 2], data: Float64Array.of(0.7, -0.2) };
  // Their time runs from data to noise, the paper's from noise to data.
  const found = await estimate(gaussian, x, { t: 1 - t, schedule });
  const velocity = found.x0.data.map((value, i) => value - found.noise.data[i]!);
  expect(lq.causalControl(x.data, found.x0.data, t)).toBeAllclose(velocity, { rtol: 1e-9, atol: 1e-9 });
  const gradient = score(float64Space, found, { sigma: 1 - t });
  expect(lq.causalControlFromScore(x.data, gradient.data, t)).toBeAllclose(velocity, {
    rtol: 1e-9,
    atol: 1e-9,
  });
});

describe('the proximal step for a linear style', () => {
  const from = [0.2, 0.4, -0.3];
  test('reference values: minimiser and three gradient steps', () => {
    const options = { matrix, style, lambda: 0.5 };
    expect(lq.proximalPoint(from, options)).toBeAllclose([1.218182, 0.545455, 0.063636], {
      atol: 1e-6,
      rtol: 0,
    });
    const few = { ...options, eta: 0.1, steps: 3 };
    expect(lq.descendedPoint(from, few)).toBeAllclose([0.8836, 0.5322, -0.0904], { atol: 1e-4, rtol: 0 });
    expect(lq.descendedPoint(from, { ...few, lambda: 0 })).toBeAllclose([0.962, 0.5482, -0.0672], {
      atol: 1e-4,
      rtol: 0,
    });
    expect(lq.stepBound(matrix, 0.5)).toBeAllclose(1 / 2.75);
  });

  test('lambda 0 projects, infinity stays, many steps arrive below the bound and leave above it', () => {
    expect(seen(lq.proximalPoint(from, { matrix, style, lambda: 0 }))).toBeAllclose(style, { atol: 1e-12 });
    expect(lq.proximalPoint(from, { matrix, style, lambda: Infinity })).toBeAllclose(from);
    const many = (eta: number) => lq.descendedPoint(from, { matrix, style, lambda: 0.5, eta, steps: 400 });
    const point = lq.proximalPoint(from, { matrix, style, lambda: 0.5 });
    expect(many(0.36)).toBeAllclose(point, { atol: 1e-2 });
    expect(many(0.3)).toBeAllclose(point, { atol: 1e-9 });
    expect(Math.hypot(...many(0.37))).toBeGreaterThan(100);
  });

  test('the filter is what gradient steps do', () => {
    const z = Float64Array.from(from);
    for (let k = 0; k < 5; k++) {
      const r = seen(z).map((value, i) => value - style[i]!);
      for (let i = 0; i < 3; i++) {
        const back = matrix.data[i]! * r[0]! + matrix.data[3 + i]! * r[1]!;
        z[i]! -= 0.2 * (2 * back + 2 * 0.5 * (z[i]! - from[i]!));
      }
    }
    expect(lq.descendedPoint(from, { matrix, style, lambda: 0.5, eta: 0.2, steps: 5 })).toBeAllclose(z, {
      rtol: 1e-12,
    });
  });
});

test.each([
  ['gamma of 0', () => lq.knownTargetControl([0], { target: [1], gamma: 0 }), 'argument'],
  ['no time left', () => lq.linearStylePath(x0, { matrix, style, t: 1 }), 'argument'],
  ['a style of another size', () => lq.linearStylePath([1, 2], { matrix, style }), 'shape'],
  ['a negative lambda', () => lq.proximalPoint(x0, { matrix, style, lambda: -1 }), 'argument'],
  ['the causal control at the data', () => lq.causalControl([0], [1], 1), 'argument'],
])('refuses %s', (_, run, code) => expectRefusal(run, code));
