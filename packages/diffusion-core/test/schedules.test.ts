import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import '@lab/testing';
import {
  cosineSchedule,
  linearBetas,
  quadraticBetas,
  cosineLevels,
  rectifiedFlowSchedule,
  signalLevels,
  signalLevelSchedule,
  vpLinearSchedule,
  type Schedule,
} from '../src';
import { assertTimes } from '../src/schedules/validate';

const schedules: [string, Schedule][] = [
  ['vpLinear', vpLinearSchedule()],
  ['cosine', cosineSchedule()],
  ['plain cosine', cosineSchedule({ offset: 0, scale: 0.98 })],
  ['rectified flow', rectifiedFlowSchedule()],
  ['DDPM grid', signalLevelSchedule(signalLevels(linearBetas()))],
  ['CSDI grid', signalLevelSchedule(signalLevels(quadraticBetas()))],
];

describe.each(schedules)('%s', (_, schedule) => {
  test('is clean at 0, falls in alpha, grows in sigma', () => {
    expect([schedule.alpha(0), schedule.sigma(0), schedule.logSnr(0)]).toEqual([1, 0, Infinity]);
    const ts = Array.from({ length: 101 }, (_, i) => i / 101);
    for (let i = 1; i < ts.length; i++) {
      expect(schedule.alpha(ts[i]!)).toBeLessThan(schedule.alpha(ts[i - 1]!));
      expect(schedule.sigma(ts[i]!)).toBeGreaterThan(schedule.sigma(ts[i - 1]!));
    }
  });

  test('keeps its kind and says the log signal-to-noise ratio', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 0.999, noNaN: true }), (t) => {
        const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
        const total = schedule.kind === 'vp' ? alpha ** 2 + sigma ** 2 : alpha + sigma;
        expect(total).toBeCloseTo(1, 12);
        expect(schedule.logSnr(t)).toBeCloseTo(2 * Math.log(alpha / sigma), 6);
      }),
    );
  });

  test('its own grid is a valid one', () => {
    for (const steps of [1, 7, 50]) {
      const times = schedule.times(steps);
      expect(times).toHaveLength(steps + 1);
      expect(times[0]).toBe(1);
      expect(() => assertTimes(times, schedule)).not.toThrow();
    }
  });

  test('refuses times outside [0, 1] and no steps', () => {
    expect(() => schedule.alpha(1.01)).toThrow(/\[0, 1\]/);
    expect(() => schedule.sigma(Number.NaN)).toThrow(/\[0, 1\]/);
    expect(() => schedule.times(0)).toThrow(/steps/);
  });
});

test('vpLinear equals exp of the integrated rate', () => {
  // alpha(t)^2 = exp(-int_0^t beta), by the trapezoidal rule, which is exact for a linear beta.
  const schedule = vpLinearSchedule({ betaMin: 0.1, betaMax: 20 });
  const beta = (t: number): number => 0.1 + t * 19.9;
  for (const t of [0.1, 0.5, 1])
    expect(schedule.alpha(t) ** 2).toBeCloseTo(Math.exp((-t * (beta(0) + beta(t))) / 2), 14);
  expect(schedule.sigma(1e-6)).toBeCloseTo(Math.sqrt(1e-7 + 9.95e-12), 10); // no cancellation near 0
});

test('DDPM: 1000 linear betas end at alpha 0.00635', () => {
  // Published: alpha_1000 = 0.00635 for 1e-4..0.02 (diffusers' alphas_cumprod[-1] is 4.0358e-05).
  const levels = signalLevels(linearBetas());
  expect(levels[1000]).toBeCloseTo(4.0358e-5, 9);
  expect(Math.abs(signalLevelSchedule(levels).alpha(0.5) - vpLinearSchedule().alpha(0.5))).toBeLessThan(1e-3);
});

test('CSDI: the quad grid has its levels as NumPy gives them', () => {
  const levels = signalLevels(quadraticBetas());
  expect(levels[1]).toBeCloseTo(0.9999, 12);
  expect(levels[2]).toBeCloseTo(0.999313, 6);
  expect(levels[10]).toBeCloseTo(0.930586, 6);
  expect(levels[25]).toBeCloseTo(0.32499, 5);
  expect(levels[40]).toBeCloseTo(0.007473, 6);
  expect(levels[50]).toBeCloseTo(3.4e-5, 6);
  // Its penalty coefficients exp(1 / sigma^2 of the next time), at t = 50, 25 and 10.
  const schedule = signalLevelSchedule(levels);
  const gamma = (i: number): number => Math.exp(1 / schedule.sigma((i - 1) / 50) ** 2);
  expect(gamma(50)).toBeCloseTo(2.71846, 5);
  expect(gamma(25)).toBeCloseTo(4.90023, 5);
  expect(gamma(10) / 2.8812e8).toBeCloseTo(1, 4);
});

describe('cosine', () => {
  test('plain: alpha is the cosine of a uniform angle', () => {
    const schedule = cosineSchedule({ offset: 0, scale: 0.98 });
    // abar = cos^2(linspace(0, .98 pi/2, 6)).
    const expected = [1, 0.9081696, 0.6664098, 0.363524, 0.1107688, 9.866358e-4];
    expected.forEach((level, i) => expect(schedule.alpha(i / 5) ** 2).toBeCloseTo(level, 7));
  });

  test('with offset: Nichol and Dhariwal, equation 17', () => {
    const f = (t: number): number => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    for (const t of [0.001, 0.3, 0.9]) expect(cosineSchedule().alpha(t) ** 2).toBeCloseTo(f(t) / f(0), 12);
  });

  test('ends at its floor, or at exactly 0 without one', () => {
    expect(cosineSchedule().alpha(1) ** 2).toBeCloseTo(2.4e-9, 15);
    const full = cosineSchedule({ offset: 0, minSignalLevel: 0 });
    expect([full.alpha(1), full.sigma(1), full.logSnr(1)]).toEqual([0, 1, -Infinity]);
  });
});

describe('signalLevelSchedule', () => {
  const levels = [1, 0.9, 0.5, 0.2, 0];
  const schedule = signalLevelSchedule(levels);

  test('is exact on its grid, monotone and log-SNR linear between', () => {
    levels.forEach((level, i) => expect(schedule.alpha(i / 4)).toBe(Math.sqrt(level)));
    const middle = (schedule.logSnr(0.25) + schedule.logSnr(0.5)) / 2;
    expect(schedule.logSnr(0.375)).toBeCloseTo(middle, 12);
  });

  test('subsamples the grid and ends at exactly 0', () => {
    expect(schedule.times(4)).toEqual([1, 0.75, 0.5, 0.25, 0]);
    expect(schedule.times(2)).toEqual([1, 0.5, 0]);
    expect(() => schedule.times(5)).toThrow(/no more sampling steps/);
  });

  test.each([
    ['not starting at 1', [0.9, 0.5]],
    ['not falling', [1, 0.5, 0.5]],
    ['below 0', [1, 0.5, -0.1]],
    ['NaN', [1, Number.NaN]],
    ['too short', [1]],
  ])('refuses levels that are %s', (_, bad) => expect(() => signalLevelSchedule(bad)).toThrow(/levels/));
});

test('rectified flow shifts its grid as SD3 does, and nothing else', () => {
  const shifted = rectifiedFlowSchedule({ shift: 3 });
  expect(shifted.times(2)).toEqual([1, 0.75, 0]); // 3 * 0.5 / (1 + 2 * 0.5)
  expect([shifted.alpha(0.25), shifted.sigma(0.25)]).toEqual([0.75, 0.25]);
});

test('assertTimes names what is wrong', () => {
  const schedule = rectifiedFlowSchedule();
  expect(() => assertTimes([1], schedule)).toThrow(/two times/);
  expect(() => assertTimes([1, 0.5, 0.5, 0], schedule)).toThrow(/times\[2\]/);
  expect(() => assertTimes([1, 0.5], schedule)).toThrow(/ends at exactly 0/);
  expect(() => assertTimes([1.5, 0], schedule)).toThrow(/\[0, 1\]/);
});

test('cosineLevels is the grid of the plain cosine schedule', () => {
  const plain = cosineSchedule({ offset: 0, scale: 0.99 });
  const levels = cosineLevels({ steps: 50, scale: 0.99 });
  levels.forEach((level, i) => expect(level).toBeCloseTo(plain.alpha(i / 50) ** 2, 14));
  expect(cosineLevels({ steps: 4 })[4]).toBe(0);
  expect(() => cosineLevels({ steps: 0 })).toThrow(/steps >= 1/);
});
