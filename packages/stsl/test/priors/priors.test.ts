import { describe, expect, test } from 'vitest';
import { fromRows } from '@lab/tensor-core/linalg64';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import {
  exactMean,
  exactPosterior,
  hutchinsonTrace,
  likelihoodBounds,
  likelihoodScore,
  logLikelihood,
  mixturePrior,
} from '../../src';
import { fixture, levelled, near, state } from '../support';

const z = state([0.3, 0.1]);

test('A1: score, Hessian, posterior mean and covariance of a mixture', () => {
  const prior = fixture();
  expect(prior.logDensity(z, 1)[0]).toBeCloseTo(-2.2387266, 6);
  expect(near(prior.score(z, 1).data, [0.8194, -0.416154])).toBeLessThan(1e-5);
  expect(near(prior.hessian(z, 1).data, [0.979495, -1.209011, -1.209011, -1.345687])).toBeLessThan(1e-5);
  const mean = prior.predict(z, 1);
  expect(near((mean as typeof z).data, [0.810435, -0.085802])).toBeLessThan(1e-5);
  expect(near(prior.posteriorCovariance(z, 1).data, [0.927865, -0.322403, -0.322403, 0.307817])).toBeLessThan(
    1e-5,
  );
});

describe('A2: what a probe of the curvature estimates', () => {
  const prior = fixture();
  test('the trace itself', () => {
    expect(prior.laplacian(z, 1)[0]).toBeCloseTo(-0.3661926, 6);
  });
  test.each([
    [1, -2.443, 0.01],
    [0.3, -0.897, 0.01],
    [0.1, -0.425, 0.015],
    [0.01, -0.366, 0.02],
  ])('with scale %d', (scale, expected, tolerance) => {
    const { mean, standardError } = hutchinsonTrace((x) => prior.score(x, 1), z, {
      probes: 60_000,
      scale,
      key: key(3),
    });
    expect(Math.abs(mean - expected)).toBeLessThan(Math.max(tolerance, 3 * standardError));
    expect(standardError).toBeLessThan(0.02);
  });
  test('of a quadratic log density is the same at any scale', () => {
    const score = (x: typeof z) => ({
      shape: x.shape,
      data: x.data.map((_, i) =>
        i % 2 === 0 ? -(2 * x.data[i]! + 0.5 * x.data[i + 1]!) : -(0.5 * x.data[i - 1]! + x.data[i]!),
      ),
    });
    for (const scale of [1, 0.1]) {
      const { mean, standardError } = hutchinsonTrace(score, z, { probes: 20_000, scale, key: key(1) });
      expect(Math.abs(mean + 3)).toBeLessThan(4 * standardError);
      const signs = hutchinsonTrace(score, z, { probes: 20_000, scale, law: 'rademacher', key: key(1) });
      expect(Math.abs(signs.mean + 3)).toBeLessThan(4 * signs.standardError);
      expect(signs.standardError).toBeLessThan(standardError / 2);
    }
    const [a, b] = [score(state([0.3, 0.1])), score(state([1.3, -1.9]))];
    expect(1 * (b.data[0]! - a.data[0]!) - 2 * (b.data[1]! - a.data[1]!)).toBeCloseTo(-4, 12);
  });
});

describe('A5: exact >= Jensen >= surrogate', () => {
  const prior = fixture();
  const measurement = { matrix: fromRows([[1, 0.5]]), y: Float64Array.of(0.8), deviation: 0.3, t: 1 };
  test('at the fixture', () => {
    const bounds = likelihoodBounds(prior, z.data, measurement);
    expect(bounds.exact).toBeCloseTo(-0.809774, 5);
    expect(bounds.jensen).toBeCloseTo(-3.512024, 5);
    expect(bounds.surrogate).toBeCloseTo(-8.301946, 5);
    expect(bounds.firstOrder).toBeCloseTo(0.279178, 5);
    expect(bounds.momentMatched).toBeCloseTo(-0.790505, 5);
  });
  test('at 2000 random states', () => {
    const draws = normal64(key(5), [2000, 2]);
    for (let n = 0; n < 2000; n++) {
      const bounds = likelihoodBounds(prior, draws.slice(2 * n, 2 * n + 2), measurement);
      expect(bounds.exact).toBeGreaterThanOrEqual(bounds.jensen);
      expect(bounds.jensen).toBeGreaterThanOrEqual(bounds.surrogate);
    }
  });
  test('the exact guidance is the gradient of the exact likelihood', () => {
    const found = likelihoodScore(prior, z.data, measurement);
    const at = (x: number, y: number) => logLikelihood(prior, Float64Array.of(x, y), measurement);
    const h = 1e-5;
    const slope = [
      (at(0.3 + h, 0.1) - at(0.3 - h, 0.1)) / (2 * h),
      (at(0.3, 0.1 + h) - at(0.3, 0.1 - h)) / (2 * h),
    ];
    expect(near(found, slope)).toBeLessThan(1e-7);
  });
});

test('A6: the closed forms of one Gaussian', () => {
  const schedule = levelled(0.5);
  const one = mixturePrior({ weights: [1], means: [[0]], covariances: 1, schedule });
  const x = Float64Array.of(0.3);
  const measurement = { matrix: fromRows([[1]]), y: Float64Array.of(1), deviation: 0.1, t: 1 };
  const covariance = one.posteriorCovariance({ shape: [1, 1], data: x }, 1).data[0]!;
  expect(covariance).toBeCloseTo(0.5, 12);
  const exact = likelihoodScore(one, x, measurement)[0]!;
  expect(exact).toBeCloseTo(1.092366, 6);
  const h = 1e-5;
  const at = (v: number) => likelihoodBounds(one, Float64Array.of(v), measurement).firstOrder;
  const first = (at(0.3 + h) - at(0.3 - h)) / (2 * h);
  expect(first).toBeCloseTo(55.710678, 4);
  expect(first / exact).toBeCloseTo((0.01 + covariance) / 0.01, 3);
  const wide = mixturePrior({ weights: [1], means: [[0]], covariances: 4, schedule });
  expect(wide.posteriorCovariance({ shape: [1, 1], data: x }, 1).data[0]).toBeCloseTo(0.8, 12);
});

describe('A9: what the curvature adds to guidance', () => {
  const measured = [0.1, 0.4, 0.7, 0.95].map((abar) => curvatureGain(abar));
  test('a small share of the theoretical weight helps in the middle of the path, the whole one hurts', () => {
    for (const { cosines } of [measured[1]!, measured[2]!]) {
      const [none, ...some] = cosines;
      const whole = some.pop()!;
      expect(Math.max(...some)).toBeGreaterThan(none! + 0.015);
      expect(whole).toBeLessThan(none!);
    }
    for (const each of measured[3]!.cosines) expect(each).toBeGreaterThan(0.99);
    expect(measured[1]!.cosines[0]).toBeCloseTo(0.83, 1);
    expect(measured[2]!.cosines[0]).toBeCloseTo(0.955, 1);
  });
  test('matching the moments is closer by orders of magnitude than the first order', () => {
    for (const { matched, first } of measured.slice(0, 3)) expect(matched).toBeLessThan(0.05 * first);
    expect(measured.map(({ matched }) => matched).every((each) => each < 0.6)).toBe(true);
  });
});

/** Mean cosine with the exact guidance at shares of the theoretical curvature weight, and relative errors. */
function curvatureGain(abar: number) {
  const prior = mixturePrior({
    weights: [0.3, 0.4, 0.3],
    means: [
      [-1.5, 0],
      [0.5, 1],
      [1, -1.5],
    ],
    covariances: 0.15,
    schedule: levelled(abar),
  });
  const matrix = fromRows([[1, 0.5]]);
  const shares = [0, 0.02, 0.05, 0.1, 0.2, 1];
  const count = 500;
  const clean = prior.draw(key(11), count);
  const noise = normal64(foldIn(key(11), 2), [count, 3]);
  const cosines = shares.map(() => 0);
  let [firstError, matchedError, size] = [0, 0, 0];
  for (let n = 0; n < count; n++) {
    const [a, b] = [clean.data[2 * n]!, clean.data[2 * n + 1]!];
    const y = Float64Array.of(a + 0.5 * b + 0.3 * noise[3 * n]!);
    const x = Float64Array.of(
      Math.sqrt(abar) * a + Math.sqrt(1 - abar) * noise[3 * n + 1]!,
      Math.sqrt(abar) * b + Math.sqrt(1 - abar) * noise[3 * n + 2]!,
    );
    const measurement = { matrix, y, deviation: 0.3, t: 1 };
    const exact = likelihoodScore(prior, x, measurement);
    const along = (value: (v: Float64Array) => number): number[] =>
      [0, 1].map((i) => {
        const h = 1e-4;
        const moved = (step: number) => x.map((each, j) => each + (j === i ? step : 0));
        return (value(moved(h)) - value(moved(-h))) / (2 * h);
      });
    const first = along((v) => likelihoodBounds(prior, v, measurement).firstOrder);
    const curvature = along((v) => -prior.laplacian({ shape: [1, 2], data: v }, 1)[0]!);
    const gamma = (1.25 / (2 * 0.09)) * ((1 - abar) ** 2 / abar);
    shares.forEach((share, k) => {
      const g = first.map((each, i) => each + share * gamma * curvature[i]!);
      const inner = g[0]! * exact[0]! + g[1]! * exact[1]!;
      cosines[k]! += inner / (Math.hypot(...g) * Math.hypot(...exact)) / count;
    });
    const state1 = { shape: [1, 2], data: x };
    const c = prior.posteriorCovariance(state1, 1).data;
    // J^T A^T (sigma^2 + A C A^T)^-1 r, with J = (alpha / sigma_t^2) C; the first order has sigma^2 alone.
    const ca = [c[0]! + 0.5 * c[1]!, c[2]! + 0.5 * c[3]!];
    const total = 0.09 + ca[0]! + 0.5 * ca[1]!;
    for (let i = 0; i < 2; i++) {
      const matched = (first[i]! * 0.09) / total;
      matchedError += (matched - exact[i]!) ** 2;
      firstError += (first[i]! - exact[i]!) ** 2;
      size += exact[i]! ** 2;
    }
  }
  return { cosines, matched: matchedError / size, first: firstError / size };
}

describe('A10: the exact posterior', () => {
  test('of one Gaussian', () => {
    const prior = mixturePrior({
      weights: [1],
      means: [[0.2, -0.1]],
      covariances: [
        [
          [1, 0.3],
          [0.3, 0.5],
        ],
      ],
      schedule: levelled(0.5),
    });
    const measurement = { matrix: fromRows([[1, 2]]), y: Float64Array.of(1), deviation: 0.25 };
    const { law, mean } = exactPosterior(prior, measurement);
    expect(near(mean, [0.57536657, 0.20498534])).toBeLessThan(1e-7);
    expect(near(exactMean(prior, measurement), mean)).toBeLessThan(1e-12);
    // At alpha = 1e-4 the state says nothing of the clean latent, whose covariance is then the law's.
    const blind = mixturePrior({
      weights: [1],
      means: [mean],
      covariances: [[...Array(2).keys()].map((i) => [0, 1].map((j) => covariance(law)[2 * i + j]!))],
      schedule: levelled(1e-8),
    });
    expect(near(covariance(law), [0.39941349, -0.18797654, -0.18797654, 0.10351906])).toBeLessThan(1e-7);
    const found = blind.posteriorCovariance(state([0, 0]), 1).data;
    expect(near(found, covariance(law))).toBeLessThan(1e-6);
  });
  test('of two components in one dimension, and draws from it', () => {
    const prior = mixturePrior({
      weights: [1, 1],
      means: [[-1], [2]],
      covariances: 0.25,
      schedule: levelled(0.5),
    });
    const measurement = { matrix: fromRows([[1]]), y: Float64Array.of(0.3), deviation: 0.5 };
    const { weights, law, logEvidence, mean } = exactPosterior(prior, measurement);
    expect(near(weights, [0.76852478, 0.23147522])).toBeLessThan(1e-8);
    expect(
      near(
        law.components.map((each) => each.mean[0]!),
        [-0.35, 1.15],
      ),
    ).toBeLessThan(1e-12);
    expect(
      near(
        law.components.map((each) => each.spectrum.values[0]!),
        [0.125, 0.125],
      ),
    ).toBeLessThan(1e-12);
    const normal = (x: number) => Math.exp(-x * x) / Math.sqrt(Math.PI); // N(0, 0.5)
    expect(logEvidence).toBeCloseTo(Math.log(0.5 * normal(1.3) + 0.5 * normal(1.7)), 10);
    const draws = law.draw(key(2), 20_000).data;
    expect(draws.reduce((sum, each) => sum + each, 0) / draws.length).toBeCloseTo(mean[0]!, 1);
    expect(exactMean(prior, measurement)[0]).toBeCloseTo(mean[0]!, 12);
  });
});

function covariance(law: ReturnType<typeof exactPosterior>['law']): Float64Array {
  const { values, vectors } = law.components[0]!.spectrum;
  return Float64Array.from({ length: 4 }, (_, at) =>
    [0, 1].reduce(
      (sum, k) => sum + vectors![Math.floor(at / 2) * 2 + k]! * values[k]! * vectors![(at % 2) * 2 + k]!,
      0,
    ),
  );
}
