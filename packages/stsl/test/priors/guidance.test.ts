import { describe, expect, test } from 'vitest';
import { fromRows, identity } from '@lab/tensor-core/linalg64';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import { loadGolden } from '@lab/testing';
import {
  likelihoodBounds,
  likelihoodScore,
  linearAutoencoder,
  linearProblem,
  logLikelihood,
  mixturePrior,
} from '../../src';
import { fixture, levelled, near, state } from '../support';

interface Gain {
  readonly abar: number;
  readonly cosines: number[];
  readonly deviations: number[];
  readonly first: number;
  readonly matched: number;
}
type Gap = Record<'mean' | 'deviation', number>;
/** Population values, all derivatives by autograd. */
const golden = loadGolden<{
  readonly shares: number[];
  readonly curvature: Gain[];
  readonly gaps: Record<'jensen' | 'surrogate', Gap>;
}>(`${import.meta.dirname}/..`, 'mixtures');

const z = state([0.3, 0.1]);

describe('exact >= Jensen >= surrogate', () => {
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
  test('at 2000 states from N(0, I), with the gaps that they have in the mean', () => {
    const draws = normal64(key(5), [2000, 2]);
    const gaps = { jensen: 0, surrogate: 0 };
    for (let n = 0; n < 2000; n++) {
      const bounds = likelihoodBounds(prior, draws.slice(2 * n, 2 * n + 2), measurement);
      expect(bounds.exact).toBeGreaterThanOrEqual(bounds.jensen);
      expect(bounds.jensen).toBeGreaterThanOrEqual(bounds.surrogate);
      gaps.jensen += (bounds.exact - bounds.jensen) / 2000;
      gaps.surrogate += (bounds.jensen - bounds.surrogate) / 2000;
    }
    for (const name of ['jensen', 'surrogate'] as const) {
      const { mean, deviation } = golden.gaps[name];
      // Four standard errors.
      expect(gaps[name]).toBeAllclose(mean, { rtol: 0, atol: (4 * deviation) / Math.sqrt(2000) });
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

test('the closed forms of one Gaussian', () => {
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

describe('what the curvature adds to guidance', () => {
  const count = 500;
  test.each(golden.curvature)('the cosines with the exact guidance at abar = $abar', async (expected) => {
    const { cosines, first, matched } = await curvatureGain(expected.abar, count);
    cosines.forEach((cosine, k) => {
      // Four standard errors; where nearly all states have a cosine of 1, a few others carry the mean.
      const atol = (4 * expected.deviations[k]!) / Math.sqrt(count);
      expect(cosine).toBeAllclose(expected.cosines[k]!, { rtol: 0, atol });
    });
    expect(matched / expected.matched).toBeAllclose(1, { rtol: 0, atol: 0.2 });
    expect(first / expected.first).toBeAllclose(1, { rtol: 0, atol: 0.2 });
    if (expected.abar === 0.4 || expected.abar === 0.7) {
      // In the middle of the path a small share of the theoretical weight helps, and the whole one hurts.
      const [none, ...some] = cosines;
      const whole = some.pop()!;
      expect(Math.max(...some)).toBeGreaterThan(none! + 0.015);
      expect(whole).toBeLessThan(none! - 0.1);
    }
    // Matching the moments is closer than the first order by two orders of magnitude.
    expect(matched).toBeLessThan(0.01 * first);
  });
});

/** Mean cosine with the exact guidance at shares of the theoretical curvature weight, and relative errors. */
async function curvatureGain(abar: number, count: number) {
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
  const { shares } = golden;
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
    const problem = linearProblem({
      prior,
      matrix,
      y: { shape: [1, 1], data: y },
      autoencoder: linearAutoencoder({ basis: identity(2) }),
    });
    const at = { shape: [1, 2], data: x };
    const pull = (await problem.momentMatched(at, { t: 1, deviation: 0.3 })).data;
    for (let i = 0; i < 2; i++) {
      matchedError += (pull[i]! - exact[i]!) ** 2;
      firstError += (first[i]! - exact[i]!) ** 2;
      size += exact[i]! ** 2;
    }
  }
  return { cosines, matched: matchedError / size, first: firstError / size };
}
