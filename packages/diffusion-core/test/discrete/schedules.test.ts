import { fc, test as property } from '@fast-check/vitest';
import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  cosineMasking,
  cosineSquaredMasking,
  evenMaskingTime,
  geometricMasking,
  greatestRemasking,
  linearMasking,
  logLinearMasking,
  maskingTimes,
  maskTokens,
  remaskingLoop,
  reverseKernel,
  stepWeight,
  subsetWeight,
} from '../../src/discrete';

const schedules = [
  logLinearMasking(),
  cosineMasking(),
  cosineSquaredMasking(),
  linearMasking(),
  geometricMasking(),
];

describe('schedules', () => {
  // Reference values made with numpy.
  test('log-linear: levels, rates and the weight 1 / t', () => {
    const { alpha, totalNoise, rate, lossWeight } = logLinearMasking();
    expect([1e-3, 0.25, 0.5, 0.9, 1].map(lossWeight)).toBeAllclose([1000, 4, 2, 1 / 0.9, 1], { rtol: 1e-9 });
    expect(1 - alpha(0.5)).toBeCloseTo(0.4995, 12);
    expect(alpha(1)).toBeCloseTo(1e-3, 12);
    expect([0.25, 0.5, 1].map(totalNoise)).toBeAllclose([0.28734879, 0.69214768, 6.90775528], { atol: 1e-8 });
    expect([0.25, 0.5, 1].map(rate)).toBeAllclose([1.33155615, 1.996004, 999], { rtol: 1e-8 });
    expect(rate(0.3) / Math.expm1(totalNoise(0.3))).toBeCloseTo(1 / 0.3, 9);
  });

  test.each(schedules.map((each) => [each.name, each] as const))(
    '%s: rate and weight are the slopes that they say',
    (_, { alpha, totalNoise, rate, lossWeight }) => {
      const h = 1e-6;
      for (const t of [0.2, 0.5, 0.8]) {
        expect(rate(t)).toBeAllclose((totalNoise(t + h) - totalNoise(t - h)) / (2 * h), { rtol: 1e-6 });
        const slope = (alpha(t + h) - alpha(t - h)) / (2 * h);
        expect(lossWeight(t)).toBeAllclose(-slope / (1 - alpha(t)), { rtol: 1e-6 });
        expect(totalNoise(t)).toBeAllclose(-Math.log(alpha(t)), { rtol: 1e-12 });
      }
    },
  );

  test('even times in the chance of masking reach both ends', () => {
    const schedule = cosineMasking();
    expect(evenMaskingTime(0, schedule)).toBeAllclose(1e-3, { rtol: 1e-6 });
    expect(evenMaskingTime(1, schedule)).toBeAllclose(1, { rtol: 1e-6 });
    const chance = (u: number) => 1 - schedule.alpha(evenMaskingTime(u, schedule));
    expect(chance(0.5)).toBeAllclose(Math.sqrt(chance(0) * chance(1)), { rtol: 1e-9 });
  });

  test.each([
    ['a time beyond 1', () => logLinearMasking().alpha(1.1)],
    ['epsilon 1', () => logLinearMasking({ epsilon: 1 })],
    ['a least noise of 0 that should grow geometrically', () => geometricMasking({ least: 0 })],
    ['a loop with more remasking than its level holds', () => remaskingLoop({ eta: 0.12 })],
    ['remasking beyond the marginals', () => reverseKernel(0.9, 0.95, 0.5)],
  ])('refuses %s', (_, run) => {
    expect(run).toThrow(expect.objectContaining({ code: 'argument' }));
  });
});

describe('kernels', () => {
  test.each([
    [0.3, 0.5, 0, 0.5],
    [0.3, 0.5, 0.2, 0.5],
    [0.9, 0.9, 0.02, 0.9],
  ])('from level %d to %d, remasking %d: the marginal is %d', (alpha, next, remasking, marginal) => {
    const { keep, unmask } = reverseKernel(alpha, next, remasking);
    expect(alpha * keep + (1 - alpha) * unmask).toBeCloseTo(marginal, 12);
  });

  property.prop([
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  ])('keeps the marginals for every level and every allowed remasking', (alpha, rise, share) => {
    const next = alpha + rise * (1 - alpha);
    const { keep, unmask, remask, stay } = reverseKernel(alpha, next, share * greatestRemasking(alpha, next));
    for (const chance of [keep, unmask, remask, stay]) {
      expect(chance).toBeGreaterThanOrEqual(0);
      expect(chance).toBeLessThanOrEqual(1);
    }
    expect(alpha * keep + (1 - alpha) * unmask).toBeCloseTo(next, 9);
  });

  test('two steps of the forward process are one', () => {
    const { alpha } = logLinearMasking();
    expect((alpha(0.7) / alpha(0.2)) * alpha(0.2)).toBeCloseTo(alpha(0.7), 12);
  });

  test('the greatest remasking of ten steps', () => {
    const greatest = [1, 2, 3, 4, 5, 6].map((i) => greatestRemasking(1 - i / 10, 1 - (i - 1) / 10));
    expect(greatest).toBeAllclose([0, 0.125, 2 / 7, 0.5, 0.8, 1], { atol: 1e-12 });
    expect(greatestRemasking(0, 0.1)).toBe(1);
  });

  test('weights of three steps', () => {
    const weight = (i: number, s = 0) => stepWeight(1 - i / 3, 1 - (i - 1) / 3, s);
    expect([weight(1), weight(2), weight(3)]).toBeAllclose([1, 0.5, 1 / 3], { atol: 1e-12 });
    expect(weight(2, 0.1)).toBeCloseTo(0.55, 12);
  });

  test('weights of masked sets', () => {
    const all = (n: number) => Array.from({ length: n }, (_, k) => subsetWeight(k + 1, n));
    expect(all(3)).toBeAllclose([1 / 3, 1 / 6, 1 / 3], { atol: 1e-14 });
    expect(all(4)).toBeAllclose([1 / 4, 1 / 12, 1 / 12, 1 / 4], { atol: 1e-14 });
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    const total = all(12).reduce((sum, w, i) => sum + (choose(12, i + 1) * w * (i + 1)) / 12, 0);
    expect(total).toBeCloseTo(1, 12);
  });

  test('the loop: levels, chances and where it settles', () => {
    const loop = remaskingLoop();
    const levels = [1, 0.775, 0.55, 0.3, 0.05, 0.025, 0].map(loop.alpha);
    expect(levels).toBeAllclose([0, 0.45, 0.9, 0.9, 0.9, 0.95, 1], { atol: 1e-12 });
    const { unmask, stay, remask } = reverseKernel(0.9, 0.9, 0.02);
    expect([unmask, stay]).toBeAllclose([0.18, 0.82], { atol: 1e-12 });
    let masked = 1;
    for (let i = 0; i < 60; i++) masked = masked * stay + (1 - masked) * remask;
    expect(masked).toBeAllclose(0.1 + 0.9 * 0.8 ** 60, { atol: 1e-12 });
    expect(masked).toBeCloseTo(0.1000014, 6);
  });
});

describe('the forward process', () => {
  // Four standard deviations of a binomial of 1e5
  test('masks the share that the schedule says', () => {
    const tokens = { shape: [100, 1000], data: new Int32Array(1e5) };
    const noisy = maskTokens(tokens, { maskId: 1, alpha: logLinearMasking().alpha(0.3), key: key(0) });
    const share = noisy.data.reduce((sum, id) => sum + id, 0) / 1e5;
    expect(share).toBeAllclose(0.2997, { atol: 0.006, rtol: 0 });
    expect(tokens.data.some((id) => id !== 0)).toBe(false);
  });

  test('antithetic times: one in each eighth', () => {
    for (let seed = 0; seed < 20; seed++) {
      const times = maskingTimes(8, { key: key(seed), least: 0 });
      expect(Array.from(times, (t) => Math.floor(8 * t)).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  test('masks only where it may', () => {
    const tokens = { shape: [1, 4], data: Int32Array.of(0, 1, 2, 0) };
    const noisy = maskTokens(tokens, { maskId: 3, alpha: 0, key: key(1), maskable: [0, 1, 1, 0] });
    expect(Array.from(noisy.data)).toEqual([0, 3, 3, 0]);
  });
});
