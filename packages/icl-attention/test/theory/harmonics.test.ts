import { describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  affineTasks,
  biasSquared,
  cosineTasks,
  funkHeckeEigenvalues,
  harmonicPower,
  linearTasks,
  quadraticTasks,
  reluTasks,
  smoothedProfile,
  spectrumOf,
} from '../../src';

describe('powers of |z| on the 2-sphere (B6)', () => {
  test('by degree', () => {
    const power = harmonicPower(Math.abs, { dimension: 3, degrees: 6 });
    expect(power).toBeAllclose([0.25, 0, 0.078125, 0, 0.00390625, 0, 0.000793], { atol: 1e-6 });
  });

  test('sum to E z^2 = 1/3', () => {
    const power = harmonicPower(Math.abs, { dimension: 3, degrees: 400 });
    expect(power.reduce((a, b) => a + b)).toBeAllclose(1 / 3, { atol: 1e-6 });
  });

  test.each([
    [0, 0.3576217],
    [0.3, 0.399331],
    [0.9, 0.6920216],
  ])('smoothed with w = 4, at z = %d', (at, expected) => {
    expect(smoothedProfile(Math.abs, 4, { dimension: 3, degrees: 58, at })).toBeAllclose(expected, {
      atol: 2e-7,
    });
  });

  // The same without harmonics: a Gauss-free average of |z'| under the von Mises-Fisher law around the pole, d = 3.
  test('smoothed at the pole equals the average over the sphere', () => {
    const w = 4;
    let sum = 0;
    let mass = 0;
    for (let i = 0; i < 20_000; i++) {
      const z = -1 + (2 * (i + 0.5)) / 20_000;
      sum += Math.abs(z) * Math.exp(w * z);
      mass += Math.exp(w * z);
    }
    expect(smoothedProfile(Math.abs, w, { dimension: 3, at: 1 })).toBeAllclose(sum / mass, { atol: 1e-6 });
  });
});

test.each([
  [2, 2, 0.0156689],
  [2, 8, 0.00157431],
  [3, 2, 0.02120493],
  [3, 8, 0.00281109],
])('squared bias of the ReLU family in %d dimensions at w = %d (B6)', (dimension, w, expected) => {
  const spectrum = spectrumOf(reluTasks({ lipschitz: 1 }), { dimension });
  expect(biasSquared(spectrum, w)).toBeAllclose(expected, { rtol: 2e-6 });
});

describe('powers of the families (B19)', () => {
  const powers = (family: Parameters<typeof spectrumOf>[0], dimension: number): Float64Array =>
    spectrumOf(family, { dimension, degrees: 8 }).power.slice(0, 5);

  // Bessel functions of the first kind from scipy: J_0(2)^2, 2 J_2(2)^2, 2 J_4(2)^2; j_0(2)^2, 5 j_2(2)^2, 9 j_4(2)^2.
  test('cosine', () => {
    const family = cosineTasks({ lipschitz: 2 });
    expect(powers(family, 2)).toBeAllclose([0.05012708, 0, 0.2489837, 0, 0.00231142], { atol: 1e-8 });
    expect(powers(family, 3)).toBeAllclose([0.20670545, 0, 0.19690794, 0, 0.00178406], { atol: 1e-8 });
  });

  test.each([2, 3, 5, 8])('affine, linear, quadratic in %d dimensions', (d) => {
    const L = 2;
    expect(powers(affineTasks({ lipschitz: L }), d)).toBeAllclose([L ** 2 / 3, L ** 2 / (3 * d), 0, 0, 0], {
      atol: 1e-12,
    });
    expect(powers(linearTasks({ lipschitz: L }), d)).toBeAllclose([0, L ** 2 / d, 0, 0, 0], { atol: 1e-12 });
    expect(powers(quadraticTasks({ lipschitz: L }), d)).toBeAllclose(
      [(L / (2 * d)) ** 2, 0, (L ** 2 * (d - 1)) / (2 * d ** 2 * (d + 2)), 0, 0],
      { atol: 1e-12 },
    );
  });

  // E|z| = 2/pi, 1/2.
  test.each([
    [2, 2 / Math.PI],
    [3, 0.5],
  ])('ReLU in %d dimensions', (d, mean) => {
    const [c0, c1] = powers(reluTasks({ lipschitz: 1 }), d);
    expect([c0!, c1!]).toBeAllclose([1 / 3 + mean ** 2 / 6, 1 / (6 * d)], { atol: 1e-7 });
  });

  test.each([affineTasks, reluTasks, cosineTasks, quadraticTasks, linearTasks])(
    'all sum to E f^2',
    (family) => {
      const { power, total } = spectrumOf(family({ lipschitz: 1.5 }), { dimension: 3 });
      expect(power.reduce((a, b) => a + b)).toBeAllclose(total, { rtol: 1e-5 });
    },
  );
});

// Section 4.4, B20: for large w the bias in degree l is l (l + d - 2) / (2w).
test.each([1, 2, 3])('smoothing is diffusion at large w, degree %d (B20)', (l) => {
  const lambda = funkHeckeEigenvalues(200, { dimension: 3, degrees: 3 });
  expect((l * (l + 1)) / 400 / (1 - lambda[l]!)).toBeAllclose(1, { rtol: 0.02 });
});
