import { describe, expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import {
  cosineSchedule,
  ddim,
  ddpm,
  euler,
  float64Space,
  flowOde,
  flowSde,
  gaussianDenoiser,
  quadraticBetas,
  rectifiedFlowSchedule,
  sample,
  signalLevels,
  signalLevelSchedule,
  vpLinearSchedule,
  type Schedule,
  type Solver,
} from '../src';
import { state } from './support/gaussian-ode';
import { end, mean, start, variances } from './support/gaussian-runs';

const angles = cosineSchedule({ offset: 0, minSignalLevel: 0 });
const flow = rectifiedFlowSchedule();

/** The affine map of one step on one coordinate: factor of x, offset, and factor of the fresh noise. */
async function stepMap(
  solver: Solver,
  schedule: Schedule,
  { t, tNext, variance }: Record<'t' | 'tNext' | 'variance', number>,
) {
  const denoiser = gaussianDenoiser({ mean: [0.7], covariance: variance, schedule });
  const levels = {
    t,
    tNext,
    alpha: schedule.alpha(t),
    sigma: schedule.sigma(t),
    alphaNext: schedule.alpha(tNext),
    sigmaNext: schedule.sigma(tNext),
  };
  const at = async (x: number, fresh: number): Promise<number> => {
    const evaluate = async (each: typeof start, time: number) => {
      const x0 = await denoiser.predict(each, time);
      const [a, s] = [schedule.alpha(time), schedule.sigma(time)];
      return { x0, noise: state([1, 1], [(each.data[0]! - a * x0.data[0]!) / s]) };
    };
    const noise = () => state([1, 1], [fresh]);
    const place = { index: 0, steps: 1, space: float64Space, schedule };
    const step = { ...levels, ...place, x: state([1, 1], [x]), evaluate, noise };
    return (await solver.step(step, solver.init())).x.data[0]!;
  };
  const offset = await at(0, 0);
  return { factor: (await at(1, 0)) - offset, offset, fresh: (await at(0, 1)) - offset };
}

/** Mean and variance after all steps, from N(0, 1) at t = 1: exact, nothing is drawn. */
async function lawAtEnd(
  solver: Solver,
  schedule: Schedule,
  { steps, variance }: { steps: number; variance: number },
) {
  const times = schedule.times(steps);
  let law = { mean: 0, variance: 1 };
  for (let i = 0; i < steps; i++) {
    const map = await stepMap(solver, schedule, { t: times[i]!, tNext: times[i + 1]!, variance });
    law = {
      mean: map.factor * law.mean + map.offset,
      variance: map.factor ** 2 * law.variance + map.fresh ** 2,
    };
  }
  return law;
}

describe('DDPM', () => {
  test('small variance: mean and deviation of q(x_s | x_t, x0), Ho et al. 2020, equation 7', async () => {
    const abar = signalLevels(quadraticBetas());
    const schedule = signalLevelSchedule(abar);
    for (const i of [50, 25, 2]) {
      const beta = 1 - abar[i]! / abar[i - 1]!;
      const c0 = (Math.sqrt(abar[i - 1]!) * beta) / (1 - abar[i]!);
      const cx = (Math.sqrt(1 - beta) * (1 - abar[i - 1]!)) / (1 - abar[i]!);
      // For N(0.7, 1) the posterior mean is 0.7 + alpha (x - 0.7 alpha).
      const alpha = Math.sqrt(abar[i]!);
      const map = await stepMap(ddpm(), schedule, { t: i / 50, tNext: (i - 1) / 50, variance: 1 });
      expect(map.factor).toBeCloseTo(c0 * alpha + cx, 12);
      expect(map.offset).toBeCloseTo(c0 * 0.7 * (1 - alpha ** 2), 12);
      expect(map.fresh).toBeCloseTo(Math.sqrt((beta * (1 - abar[i - 1]!)) / (1 - abar[i]!)), 12);
      const large = await stepMap(ddpm({ variance: 'large' }), schedule, {
        t: i / 50,
        tNext: (i - 1) / 50,
        variance: 1,
      });
      expect(large.fresh).toBeCloseTo(Math.sqrt(beta), 12);
    }
  });

  test.each([
    ['vpLinear', vpLinearSchedule()],
    ['rectified flow', flow],
  ])('is DDIM with eta 1 in law, step by step and at the end: %s', async (_, schedule) => {
    for (const variance of [0.3, 2]) {
      const one = await lawAtEnd(ddpm(), schedule, { steps: 20, variance });
      const other = await lawAtEnd(ddim({ eta: 1 }), schedule, { steps: 20, variance });
      expect(one.mean).toBeCloseTo(other.mean, 12);
      expect(one.variance).toBeCloseTo(other.variance, 12);
    }
  });

  test('is DDIM with eta 1 draw by draw, for the same key', async () => {
    const schedule = cosineSchedule();
    const denoiser = gaussianDenoiser({ mean, covariance: variances, schedule });
    const run = (solver: Solver) =>
      sample(denoiser, { schedule, solver, steps: 20, shape: [4, 3], key: key(5) });
    const one = await run(ddpm());
    const other = await run(ddim({ eta: 1 }));
    expect(one.samples).toBeAllclose(other.samples, { rtol: 0, atol: 1e-11 });
    expect((await run(ddim())).samples.data[0]).not.toBeCloseTo(one.samples.data[0]!, 2);
  });

  test('its law tends to the data law', async () => {
    const coarse = await lawAtEnd(ddpm(), cosineSchedule(), { steps: 100, variance: 0.3 });
    const fine = await lawAtEnd(ddpm(), cosineSchedule(), { steps: 400, variance: 0.3 });
    expect(fine.mean).toBeCloseTo(0.7, 4);
    expect(Math.abs(fine.variance - 0.3)).toBeLessThan(0.01);
    expect(Math.abs(fine.variance - 0.3)).toBeLessThan(0.35 * Math.abs(coarse.variance - 0.3)); // first order
  });
});

describe('rectified flow: ODE and SDE have one law', () => {
  test.each([
    ['ODE', flowOde()],
    ['ancestral SDE', flowSde()],
    ['half churn', flowSde({ churn: 0.5 })],
    ['Euler-Maruyama', flowSde({ scheme: 'euler-maruyama' })],
  ])('%s', async (_, solver) => {
    const coarse = await lawAtEnd(solver, flow, { steps: 100, variance: 0.25 });
    const fine = await lawAtEnd(solver, flow, { steps: 400, variance: 0.25 });
    expect(fine.mean).toBeCloseTo(0.7, 2);
    expect(Math.abs(fine.variance - 0.25)).toBeLessThan(0.005);
    expect(Math.abs(fine.variance - 0.25)).toBeLessThan(0.35 * Math.abs(coarse.variance - 0.25)); // first order
  });

  test('churn 0 is the ODE, and euler is flowOde and ddim', async () => {
    const ode = await end(flowOde(), flow, 10);
    expect(await end(flowSde({ churn: 0 }), flow, 10)).toBeAllclose(ode, { rtol: 0, atol: 1e-12 });
    expect(await end(flowSde({ churn: 0, scheme: 'euler-maruyama' }), flow, 10)).toBeAllclose(ode, {
      atol: 1e-12,
    });
    expect(await end(euler(), flow, 10)).toEqual(ode);
    expect(await end(ddim(), flow, 10)).toBeAllclose(ode, { rtol: 0, atol: 1e-12 });
  });

  test('Euler-Maruyama takes the step of equation 22 of RF-Inversion', async () => {
    // Reverse time s = 1 - t: drift 2 v - X / s with v = x0 - noise, diffusion sqrt(2 (1 - s) / s), for N(0.7, 1).
    const [t, h, x] = [0.6, 0.1, 0.9];
    const { alpha, sigma } = { alpha: 1 - t, sigma: t };
    const x0 = (each: number): number => 0.7 + (alpha * (each - alpha * 0.7)) / (alpha ** 2 + sigma ** 2);
    const noise = (x - alpha * x0(x)) / sigma;
    const expected = x + h * (2 * (x0(x) - noise) - x / alpha);
    const map = await stepMap(flowSde({ scheme: 'euler-maruyama' }), flow, { t, tNext: t - h, variance: 1 });
    expect(map.factor * x + map.offset).toBeCloseTo(expected, 12);
    expect(map.fresh).toBeCloseTo(Math.sqrt((h * 2 * t) / alpha), 12);
  });

  test('refuses a variance-preserving schedule', async () => {
    await expect(end(flowOde(), angles, 4)).rejects.toMatchObject({ code: 'unsupported' });
    await expect(end(flowSde(), angles, 4)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
