import { describe, expect, test } from 'vitest';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import {
  cosineSchedule,
  ddim,
  ddpm,
  dpmpp2m,
  flowSde,
  heun,
  mixtureDenoiser,
  rectifiedFlowSchedule,
  sample,
  vpLinearSchedule,
  type Solver,
} from '../src';

const schedule = cosineSchedule();

describe('samples of a mixture have the law of the mixture', () => {
  const weights = [0.2, 0.5, 0.3];
  const means = [
    [-3, 0],
    [1, 2],
    [2, -2],
  ];
  const variances = [0.3, 0.5, 1];
  const count = 2000;
  const directions = [
    [1, 0],
    [0, 1],
    [Math.SQRT1_2, Math.SQRT1_2],
  ];

  /** Kolmogorov's distance between the projected samples and the projected mixture, whose distribution is known. */
  function kolmogorov(samples: Array64, [u, v]: number[]): number {
    const projected = Array.from(
      { length: count },
      (_, i) => u! * samples.data[2 * i]! + v! * samples.data[2 * i + 1]!,
    );
    projected.sort((a, b) => a - b);
    const distribution = (x: number): number =>
      weights.reduce((sum, weight, k) => {
        const centre = u! * means[k]![0]! + v! * means[k]![1]!;
        return sum + weight * normalDistribution((x - centre) / Math.sqrt(variances[k]!));
      }, 0);
    return projected.reduce((most, x, i) => {
      const at = distribution(x);
      return Math.max(most, Math.abs(at - i / count), Math.abs(at - (i + 1) / count));
    }, 0);
  }

  // Critical value of the one-sample statistic at level 0.001 / 3 (three projections): sqrt(-ln(p / 2) / (2 n)).
  const critical = Math.sqrt(-Math.log(0.001 / 6) / (2 * count));
  const draw = async (solver: Solver, steps: number, of = schedule) => {
    const denoiser = mixtureDenoiser({ weights, means, covariances: variances, schedule: of });
    return (await sample(denoiser, { schedule: of, solver, steps, shape: [count, 2], key: key(1) })).samples;
  };

  test.each([
    ['heun', heun(), 40, schedule],
    ['dpmpp2m', dpmpp2m(), 60, schedule],
    ['ddim', ddim(), 150, schedule],
    ['ddpm', ddpm(), 150, schedule],
    ['flowSde', flowSde(), 150, rectifiedFlowSchedule()],
    ['heun on vpLinear', heun(), 60, vpLinearSchedule()],
  ] as const)('%s', async (_, solver, steps, of) => {
    const samples = await draw(solver, steps, of);
    for (const direction of directions) expect(kolmogorov(samples, direction)).toBeLessThan(critical);
  });

  test('the test can fail: three steps of DDIM do not', async () => {
    const samples = await draw(ddim(), 3);
    expect(Math.max(...directions.map((each) => kolmogorov(samples, each)))).toBeGreaterThan(2 * critical);
  });

  test('and true draws pass it', () => {
    const noise = normal(key(3), [count, 2]);
    const data = Float64Array.from(noise, (value, i) => {
      const share = (Math.floor(i / 2) + 0.5) / count;
      const k = share < 0.2 ? 0 : share < 0.7 ? 1 : 2;
      return means[k]![i % 2]! + Math.sqrt(variances[k]!) * value;
    });
    for (const direction of directions)
      expect(kolmogorov({ shape: [count, 2], data }, direction)).toBeLessThan(critical);
  });
});

/** Abramowitz & Stegun 26.2.17, absolute error below 7.5e-8. */
function normalDistribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x > 0 ? 1 - tail : tail;
}
