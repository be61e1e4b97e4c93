import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { engine } from '@lab/tensor-core';
import { expectNoLeak } from '@lab/testing';
import {
  cosineSchedule,
  estimate,
  gaussianDenoiser,
  mixtureDenoiser,
  tensorSpace,
  toArray64,
  fromArray64,
  vpLinearSchedule,
} from '../src';
import { state } from './support/gaussian-ode';

const schedule = vpLinearSchedule();

beforeAll(() => engine());

describe('gaussianDenoiser', () => {
  test('is the regression of x_0 on x_t, written with the inverse of a 2 x 2 matrix', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.double({ min: -0.95, max: 0.95, noNaN: true }),
        fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true })),
        async (t, rho, x) => {
          const [s11, s12, s22] = [1.5, rho * Math.sqrt(1.5 * 0.4), 0.4];
          const mean = [0.3, -1];
          const [a, s] = [schedule.alpha(t), schedule.sigma(t)];
          const [m11, m12, m22] = [a * a * s11 + s * s, a * a * s12, a * a * s22 + s * s];
          const determinant = m11 * m22 - m12 * m12;
          const d = [x[0] - a * mean[0]!, x[1] - a * mean[1]!] as const;
          const w = [
            (m22 * d[0] - m12 * d[1]) / determinant,
            (m11 * d[1] - m12 * d[0]) / determinant,
          ] as const;
          const expected = [
            mean[0]! + a * (s11 * w[0] + s12 * w[1]),
            mean[1]! + a * (s12 * w[0] + s22 * w[1]),
          ];
          const denoiser = gaussianDenoiser({
            mean,
            covariance: [
              [s11, s12],
              [s12, s22],
            ],
            schedule,
          });
          expect((await denoiser.predict(state([1, 2], x), t)).data).toBeAllclose(expected, { atol: 1e-10 });
        },
      ),
    );
  });

  test('its three forms of covariance agree, for states of any event shape', async () => {
    const x = state([2, 2, 2], [1, 2, 3, 4, -1, -2, -3, -4]);
    const mean = state([2, 2], [1, 0, 0, -1]);
    const identity = Array.from({ length: 4 }, (_, i) =>
      Array.from({ length: 4 }, (_, j) => (i === j ? 0.5 : 0)),
    );
    const first = await gaussianDenoiser({ mean, covariance: 0.5, schedule }).predict(x, 0.4);
    expect(first.shape).toEqual([2, 2, 2]);
    for (const covariance of [[0.5, 0.5, 0.5, 0.5], identity]) {
      const outcome = await gaussianDenoiser({ mean, covariance, schedule }).predict(x, 0.4);
      expect(outcome).toBeAllclose(first, { atol: 1e-12 });
    }
  });

  test('posterior trace is the mean squared error of the estimate, by its closed form in one dimension', () => {
    const denoiser = gaussianDenoiser({ mean: [0], covariance: 2, schedule });
    const [a, s] = [schedule.alpha(0.3), schedule.sigma(0.3)];
    expect(denoiser.posteriorTrace(0.3)).toBeCloseTo(1 / (1 / 2 + a ** 2 / s ** 2), 12);
    expect(denoiser.posteriorTrace(0)).toBe(0);
  });

  test('as tensors: the same to float32 accuracy, and no tensor is kept', async () => {
    const covariance = [
      [1, 0.8, 0],
      [0.8, 1, 0.1],
      [0, 0.1, 0.5],
    ];
    const x = state([2, 3], [0.5, -1, 2, 1, 1, 1]);
    const options = { mean: [0, 1, 2], covariance, schedule };
    const exact = await gaussianDenoiser(options).predict(x, 0.3);
    await expectNoLeak(async () => {
      const input = fromArray64(x);
      const output = await gaussianDenoiser({ ...options, space: tensorSpace }).predict(input, 0.3);
      expect(await toArray64(output)).toBeAllclose(exact, { rtol: 1e-5, atol: 1e-6 });
      input.dispose();
      output.dispose();
    });
  });

  test('refuses what is no covariance, and states of another size', () => {
    const make = (covariance: number[][]) => () => gaussianDenoiser({ mean: [0, 0], covariance, schedule });
    expect(
      make([
        [1, 0.5],
        [0, 1],
      ]),
    ).toThrow(/symmetric/);
    expect(
      make([
        [1, 2],
        [2, 1],
      ]),
    ).toThrow(/eigenvalue/);
    expect(make([[1, 0, 0]])).toThrow(/square matrix/);
    expect(
      make([
        [1, Number.NaN],
        [Number.NaN, 1],
      ]),
    ).toThrow(/finite/);
    expect(() => gaussianDenoiser({ mean: [0, 0], covariance: [-1, 1], schedule })).toThrow(/negative/);
    const denoiser = gaussianDenoiser({ mean: [0, 0], covariance: 1, schedule });
    expect(() => denoiser.predict(state([1, 3], [1, 2, 3]), 0.5)).toThrow(/2 entries/);
  });
});

describe('mixtureDenoiser', () => {
  const weights = [1, 3];
  const means = [
    [-2, 1],
    [1, 0.5],
  ];
  const covariances = [
    [
      [0.5, 0.2],
      [0.2, 0.4],
    ],
    0.3,
  ];

  /** log p_t(x) of the mixture from first principles. */
  const logDensity = (x: readonly [number, number], t: number): number => {
    const [a, s] = [schedule.alpha(t), schedule.sigma(t)];
    const densities = weights.map((weight, k) => {
      const [[c11, c12], [, c22]] =
        k === 0
          ? [
              [0.5, 0.2],
              [0.2, 0.4],
            ]
          : [
              [0.3, 0],
              [0, 0.3],
            ];
      const [m11, m12, m22] = [a * a * c11 + s * s, a * a * c12, a * a * c22 + s * s];
      const determinant = m11 * m22 - m12 * m12;
      const [d1, d2] = [x[0] - a * means[k]![0]!, x[1] - a * means[k]![1]!];
      const distance = (m22 * d1 * d1 - 2 * m12 * d1 * d2 + m11 * d2 * d2) / determinant;
      return ((weight / 4) * Math.exp(-distance / 2)) / Math.sqrt(determinant);
    });
    return Math.log(densities[0]! + densities[1]!);
  };

  test.each([0.1, 0.4, 0.9])(
    "its estimate is Tweedie's, from the density differentiated numerically, at t = %d",
    async (t) => {
      const denoiser = mixtureDenoiser({ weights, means, covariances, schedule });
      const [a, s] = [schedule.alpha(t), schedule.sigma(t)];
      for (const x of [
        [0.1, 0.2],
        [-1.5, 0.7],
        [0.8, -0.4],
      ] as const) {
        const h = 1e-5;
        const gradient = [0, 1].map((i) => {
          const up = x.map((each, j) => each + (i === j ? h : 0)) as unknown as readonly [number, number];
          const down = x.map((each, j) => each - (i === j ? h : 0)) as unknown as readonly [number, number];
          return (logDensity(up, t) - logDensity(down, t)) / (2 * h);
        });
        const expected = x.map((each, i) => (each + s * s * gradient[i]!) / a);
        expect((await denoiser.predict(state([1, 2], x), t)).data).toBeAllclose(expected, {
          rtol: 1e-6,
          atol: 1e-6,
        });
      }
    },
  );

  test('one component is the Gaussian, and far states stay finite', async () => {
    const covariance = covariances[0] as number[][];
    const x = state([2, 2], [0.4, -1, 1e4, -1e4]);
    const one = await mixtureDenoiser({
      weights: [7],
      means: [means[0]!],
      covariances: [covariance],
      schedule,
    }).predict(x, 0.5);
    expect(one).toBeAllclose(
      await gaussianDenoiser({ mean: means[0]!, covariance, schedule }).predict(x, 0.5),
    );
    const both = await mixtureDenoiser({ weights, means, covariances, schedule }).predict(x, 0.01);
    expect(both.data.every(Number.isFinite)).toBe(true);
  });

  test('as tensors: the same to float32 accuracy, and no tensor is kept', async () => {
    const x = state([3, 2, 1], [0.5, -1, 2, 1, -1, 1]);
    const options = { weights, means, covariances, schedule };
    const exact = await mixtureDenoiser(options).predict(x, 0.3);
    await expectNoLeak(async () => {
      const input = fromArray64(x);
      const output = await mixtureDenoiser({ ...options, space: tensorSpace }).predict(input, 0.3);
      expect(await toArray64(output)).toBeAllclose(exact, { rtol: 1e-4, atol: 1e-5 });
      input.dispose();
      output.dispose();
    });
  });

  test('refuses parts that do not fit together', () => {
    expect(() => mixtureDenoiser({ weights: [], means: [], covariances: 1, schedule })).toThrow(/component/);
    expect(() => mixtureDenoiser({ weights: [1, -1], means, covariances, schedule })).toThrow(/positive/);
    expect(() => mixtureDenoiser({ weights, means: [[0, 0]], covariances: 1, schedule })).toThrow(/one mean/);
    expect(() => mixtureDenoiser({ weights, means: [[0, 0], [1]], covariances: 1, schedule })).toThrow(
      /one size/,
    );
  });
});

test('estimate reads a denoiser: state = alpha x0 + sigma noise', async () => {
  const cosine = cosineSchedule();
  const denoiser = gaussianDenoiser({ mean: [0, 0], covariance: 1, schedule: cosine });
  const x = state([1, 2], [0.5, -1.5]);
  const { x0, noise } = await estimate(denoiser, x, { t: 0.6, schedule: cosine });
  const back = x0.data.map((each, i) => cosine.alpha(0.6) * each + cosine.sigma(0.6) * noise.data[i]!);
  expect(back).toBeAllclose(x.data, { atol: 1e-12 });
});
