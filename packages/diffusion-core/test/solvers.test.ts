import { describe, expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import type { Array64 } from '@lab/tensor-core/linalg64';
import '@lab/testing';
import {
  cosineSchedule,
  ddim,
  ddpm,
  dpmpp2m,
  estimate,
  euler,
  float64Space,
  flowOde,
  flowSde,
  gaussianDenoiser,
  heun,
  logSnrTimes,
  quadraticBetas,
  rectifiedFlowSchedule,
  sample,
  signalLevels,
  toPrediction,
  signalLevelSchedule,
  vpLinearSchedule,
  type Denoiser,
  type Prediction,
  type Schedule,
  type Solver,
} from '../src';
import { exactEnd, greatestDifference, logSlope, state } from './support/gaussian-ode';
import { end, mean, start, variances } from './support/gaussian-runs';

const angles = cosineSchedule({ offset: 0, minSignalLevel: 0 });
const flow = rectifiedFlowSchedule();

describe('DDIM on N(mu, I) shrinks by the product of the cosines of its angle steps', () => {
  const contraction = async (schedule: Schedule, steps: number) => {
    const denoiser = gaussianDenoiser({ mean: [3], covariance: 1, schedule });
    const options = { schedule, steps, init: state([1, 1], [schedule.alpha(1) * 3 + 1]), key: key(0) };
    return (await sample(denoiser, options)).samples.data[0]! - 3;
  };

  // By NumPy: cos(pi / 2N)^N.
  test.each([
    [5, 0.7780932],
    [10, 0.8834852],
    [20, 0.9401193],
    [50, 0.9756239],
    [100, 0.9877383],
  ])('uniform angles, N = %i', async (steps, expected) => {
    const found = await contraction(angles, steps);
    expect(found).toBeCloseTo(expected, 6);
    expect(found).toBeCloseTo(Math.cos(Math.PI / 2 / steps) ** steps, 12);
  });

  test("CSDI's quad grid, N = 50", async () => {
    expect(await contraction(signalLevelSchedule(signalLevels(quadraticBetas())), 50)).toBeCloseTo(
      0.9701511,
      6,
    );
  });
});

test.each([5, 13, 49])(
  "CSDI's grid subsampled to %i steps: the product over the steps taken",
  async (steps) => {
    const schedule = signalLevelSchedule(signalLevels(quadraticBetas()));
    const denoiser = gaussianDenoiser({ mean: [0], covariance: 1, schedule });
    const { samples } = await sample(denoiser, { schedule, steps, init: state([1, 1], [1]), key: key(0) });
    const theta = schedule.times(steps).map((t) => Math.acos(schedule.alpha(t)));
    const expected = theta.slice(1).reduce((product, each, i) => product * Math.cos(theta[i]! - each), 1);
    expect(samples.data[0]).toBeCloseTo(expected, 12);
  },
);

describe('what the network puts out makes no difference', () => {
  const kinds: Prediction[] = ['epsilon', 'v', 'velocity'];
  const solvers = [ddim({ eta: 0.5 }), ddpm(), euler(), heun(), dpmpp2m()];
  test.each(kinds.flatMap((predicts) => solvers.map((solver) => [predicts, solver.name, solver] as const)))(
    '%s, %s',
    async (predicts, _, solver) => {
      const schedule = vpLinearSchedule();
      const exact = gaussianDenoiser({ mean, covariance: variances, schedule });
      const other: Denoiser<Array64> = {
        predicts,
        space: float64Space,
        async predict(x, t) {
          const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)];
          const found = await estimate(exact, x, { t, schedule });
          return toPrediction(float64Space, { predicts, estimate: found, alpha, sigma });
        },
      };
      const options = { schedule, solver, steps: 9, shape: [2, 3], key: key(8) };
      const expected = (await sample(exact, options)).samples;
      expect((await sample(other, options)).samples).toBeAllclose(expected, { rtol: 0, atol: 1e-9 });
    },
  );
});

describe('order of convergence to the exact solution of the probability-flow ODE', () => {
  const vp = vpLinearSchedule();
  const even = (schedule: Schedule) => (steps: number) => schedule.times(steps);
  // Each solver on a grid that is smooth in its coordinate: the angle of vpLinear goes as sqrt(t) near 0.
  const squared = (steps: number) => even(flow)(steps).map((t) => t * t);
  const logSnr = (schedule: Schedule, first: number) => (steps: number) =>
    logSnrTimes(schedule, steps, { first, last: 1e-4 });
  const cases: [string, Solver, Schedule, (steps: number) => number[], number][] = [
    ['ddim, cosine', ddim(), angles, even(angles), 1],
    ['ddim, vpLinear', ddim(), vp, even(vp), 1],
    ['ddim, flow', ddim(), flow, even(flow), 1],
    ['euler, cosine', euler(), angles, even(angles), 1],
    ['euler, flow', euler(), flow, even(flow), 1],
    ['flowOde', flowOde(), flow, even(flow), 1],
    ['heun, cosine', heun(), angles, even(angles), 2],
    ['heun, vpLinear', heun(), vp, squared, 2],
    ['heun, flow', heun(), flow, even(flow), 2],
    ['dpmpp2m, vpLinear', dpmpp2m(), vp, logSnr(vp, 1), 2],
    ['dpmpp2m, cosine', dpmpp2m(), angles, logSnr(angles, 0.99), 2],
    ['dpmpp2m, flow', dpmpp2m(), flow, logSnr(flow, 0.99), 2],
  ];
  test.each(cases)('%s', async (_, solver, schedule, grid, order) => {
    expect(solver.order).toBe(order);
    const counts = [32, 64, 128, 256];
    const errors: number[] = [];
    for (const steps of counts) {
      const times = grid(steps);
      const exact = exactEnd(start, { mean, variances, schedule, first: times[0]! });
      errors.push(greatestDifference(await end(solver, schedule, times), exact));
    }
    expect(errors.at(-1)).toBeLessThan(0.03);
    const slope = -logSlope(counts, errors);
    expect(slope).toBeGreaterThan(order - 0.15);
    expect(slope).toBeLessThan(order + 0.25);
  });
});

test.each([
  ['ddim', () => ddim({ eta: 1.5 })],
  ['ddim', () => ddim({ eta: Number.NaN })],
  ['flowSde', () => flowSde({ churn: -1 })],
])('%s refuses noise shares outside [0, 1]', (_, make) => expect(make).toThrow(/\[0, 1\]/));
