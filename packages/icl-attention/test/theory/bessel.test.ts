import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import { besselRatio, funkHeckeEigenvalues, logVmfNormalizer, varianceFactor } from '../../src';

describe('the Bessel ratio (B4)', () => {
  // scipy.special: ive(d/2, w) / ive(d/2 - 1, w).
  test.each([
    [2, 4, 0.86352261],
    [3, 4, 0.75067115],
    [5, 4, 0.58214124],
    [10, 20, 0.79551907],
  ])('in %d dimensions at %d', (dimension, w, expected) => {
    expect(besselRatio(w, { dimension })).toBeAllclose(expected, { rtol: 1e-8 });
  });

  property.prop([fc.double({ min: 1e-3, max: 1e5, noNaN: true })])('is coth w - 1/w for d = 3', (w) => {
    const langevin = w < 0.05 ? w / 3 - w ** 3 / 45 + (2 * w ** 5) / 945 : 1 / Math.tanh(w) - 1 / w;
    expect(besselRatio(w, { dimension: 3 })).toBeAllclose(langevin, { rtol: 1e-11 });
  });

  test.each([
    [2, 0.56823869],
    [3, 0.43699664],
    [5, 0.27232345],
  ])('and degree 2 in %d dimensions', (dimension, expected) => {
    expect(funkHeckeEigenvalues(4, { dimension, degrees: 2 })[2]).toBeAllclose(expected, { rtol: 1e-7 });
  });

  property.prop([fc.integer({ min: 2, max: 12 }), fc.double({ min: 0.01, max: 500, noNaN: true })])(
    'satisfies the recurrence I_(v-1) - I_(v+1) = (2v/w) I_v in every degree',
    (dimension, w) => {
      const lambda = funkHeckeEigenvalues(w, { dimension, degrees: 12 });
      for (let l = 1; l < 12; l++) {
        const order = dimension / 2 - 1 + l;
        expect(lambda[l - 1]! - lambda[l + 1]!).toBeAllclose(((2 * order) / w) * lambda[l]!, {
          rtol: 1e-9,
          atol: 1e-14,
        });
      }
    },
  );

  test('is odd in w, and 0 at 0', () => {
    expect(besselRatio(-4, { dimension: 3 })).toBe(-besselRatio(4, { dimension: 3 }));
    expect(besselRatio(0, { dimension: 3 })).toBe(0);
  });
});

describe('the normaliser (B5)', () => {
  test.each([
    [2, 2.2795853, 2.17490658],
    [3, 1.8134302, 2.07462944],
    [5, 1.46157412, 1.79809043],
  ])('in %d dimensions', (dimension, expected, factor) => {
    expect(Math.exp(logVmfNormalizer(2, { dimension }))).toBeAllclose(expected, { rtol: 1e-8 });
    expect(varianceFactor(2, { dimension })).toBeAllclose(factor, { rtol: 1e-8 });
  });

  property.prop([fc.double({ min: 0.01, max: 2000, noNaN: true })])('is sinh w / w for d = 3', (w) => {
    // log(sinh w / w) without overflow.
    const exact = w + Math.log(-Math.expm1(-2 * w) / (2 * w));
    expect(logVmfNormalizer(w, { dimension: 3 })).toBeAllclose(exact, { rtol: 1e-12, atol: 1e-12 });
  });

  property.prop([fc.integer({ min: 2, max: 9 }), fc.double({ min: 0.5, max: 200, noNaN: true })])(
    'has the Bessel ratio as its logarithmic derivative',
    (dimension, w) => {
      const h = 1e-4 * w;
      const at = (x: number): number => logVmfNormalizer(x, { dimension });
      const slope = (8 * (at(w + h) - at(w - h)) - (at(w + 2 * h) - at(w - 2 * h))) / (12 * h);
      expect(slope).toBeAllclose(besselRatio(w, { dimension }), { rtol: 1e-7 });
    },
  );

  // sqrt(pi) 2^(2-d) w^((d-1)/2) / Gamma(d/2), section 4.2.3.
  test.each([
    [2, 1],
    [3, Math.sqrt(Math.PI) / 2],
    [5, (3 * Math.sqrt(Math.PI)) / 4],
  ])('grows with w as the theory says in %d dimensions', (dimension, gamma) => {
    const w = 5000;
    const limit = (Math.sqrt(Math.PI) * 2 ** (2 - dimension) * w ** ((dimension - 1) / 2)) / gamma;
    expect(varianceFactor(w, { dimension })).toBeAllclose(limit, { rtol: 2e-3 });
  });
});
