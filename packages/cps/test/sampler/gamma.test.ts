import { key } from '@lab/tensor-core/random';
import {
  linearBetas,
  quadraticBetas,
  rectifiedFlowSchedule,
  sample,
  signalLevels,
  signalLevelSchedule,
  gaussianDenoiser,
} from '@lab/diffusion-core';
import { describe, expect, test } from 'vitest';
import {
  compileConstraints,
  constrain,
  linearGamma,
  logGamma,
  mean,
  powerGamma,
  type GammaStep,
} from '../../src';

/** The step to level abar_{t-1} of N, as the schedule of `levels` takes it. */
function stepTo(levels: ArrayLike<number>, t: number): GammaStep {
  const steps = levels.length - 1;
  const abar = levels[t - 1]!;
  return { index: steps - t, steps, alphaNext: Math.sqrt(abar), sigmaNext: Math.sqrt(1 - abar) };
}

describe('the penalty schedule', () => {
  const csdi = signalLevels(quadraticBetas());
  // exp(1 / (1 - abar)) for CSDI's 50 levels, computed apart in float64.
  test.each([
    [50, 2.71846],
    [40, 2.74861],
    [25, 4.90023],
    [20, 13.2993],
    [15, 279.328],
    [12, 5.929e4],
    [10, 2.8812e8],
    [8, 2.96e17],
    [5, 1.06e88],
  ])('t = %i', (t, gamma) => {
    const tolerance = t <= 8 ? 5e-3 : 1e-4; // the published digits
    expect(Math.abs(Math.exp(logGamma('exp', stepTo(csdi, t))) / gamma - 1)).toBeLessThan(tolerance);
  });

  test('where gamma overflows its logarithm is carried', () => {
    expect(logGamma('exp', stepTo(csdi, 3))).toBeCloseTo(1455.9, 1);
    expect(logGamma('exp', stepTo(csdi, 2))).toBeCloseTo(10000, 5);
    expect(logGamma('exp', stepTo(csdi, 1))).toBe(Infinity);
    expect(logGamma('exp', stepTo(signalLevels(linearBetas()), 2))).toBeCloseTo(1e4, 5);
  });

  test.each([
    ['CSDI, 50 steps', csdi, 50],
    ['linear betas, 1000 steps', signalLevels(linearBetas()), 1000],
  ])('no NaN or infinity in samples: %s', async (_, levels, steps) => {
    const schedule = signalLevelSchedule(levels);
    const projector = compileConstraints(mean({ value: 0.4 }), { shape: [4, 1] });
    for (const penalty of ['l1', 'quadratic'] as const) {
      const { samples } = await sample(gaussianDenoiser({ mean: [0, 0, 0, 0], covariance: 1, schedule }), {
        schedule,
        steps,
        shape: [3, 4, 1],
        key: key(4),
        controls: [constrain(projector, { penalty })],
      });
      expect(samples.data.every(Number.isFinite)).toBe(true);
      expect(projector.violation(samples).every((violation) => violation < 1e-8)).toBe(true);
    }
  });
});

describe('other schedules', () => {
  const step: GammaStep = { index: 3, steps: 10, alphaNext: 0.6, sigmaNext: 0.8 };
  test('by their formulas', () => {
    expect(Math.exp(logGamma('linear', step))).toBeCloseTo(8, 9); // 2 (3 + 1)
    expect(Math.exp(logGamma(linearGamma({ k: 3 }), step))).toBeCloseTo(24, 9);
    expect(Math.exp(logGamma('power', step))).toBeCloseTo(0.36 / 0.64, 9);
    expect(Math.exp(logGamma(powerGamma({ k: 2, exponent: 2 }), step))).toBeCloseTo(
      2 * (0.36 / 0.64) ** 2,
      9,
    );
    expect(logGamma('hard', step)).toBe(Infinity);
    expect(logGamma('posthoc', step)).toBe(-Infinity);
    expect(logGamma(() => 1.5, step)).toBe(1.5);
  });
  test('of rectified flow: the noise share of the total variance', () => {
    const flow = rectifiedFlowSchedule();
    const at = { index: 0, steps: 2, alphaNext: flow.alpha(0.5), sigmaNext: flow.sigma(0.5) };
    expect(logGamma('exp', at)).toBeCloseTo(2, 12);
  });
  test('the last step is exact whatever the schedule says', () => {
    for (const gamma of ['exp', 'linear', 'power', 'posthoc', () => -5] as const)
      expect(logGamma(gamma, { ...step, alphaNext: 1, sigmaNext: 0 })).toBe(Infinity);
  });
  test('refuses an unknown name and NaN', () => {
    expect(() => logGamma('expo' as 'exp', step)).toThrow('no such penalty schedule');
    expect(() => logGamma(() => NaN, step)).toThrow('returned NaN');
  });
});
