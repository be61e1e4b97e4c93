import { describe, expect, test } from 'vitest';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { exactMean, exactPosterior, hutchinsonTrace, mixturePrior } from '../../src';
import { fixture, levelled, near, state } from '../support';

const z = state([0.3, 0.1]);

test('score, Hessian, posterior mean and covariance of a mixture', () => {
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

describe('what a probe of the curvature estimates', () => {
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

describe('the exact posterior', () => {
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
