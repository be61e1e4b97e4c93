import { expect, test } from 'vitest';
import {
  float64Space,
  flowOde,
  flowSde,
  sample,
  score,
  toEstimate,
  type Denoiser,
} from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal, uniform64 } from '@lab/tensor-core/random';
import '@lab/testing';
import {
  controlledNoising,
  controlledSde,
  editFlow,
  integrateFlow,
  invertFlow,
  noisingLaw,
  rfInversion,
} from '../src';
import { column, fluxTimes, normalFlow, schedule } from './support/gaussian';
import { draw, randomFlow } from './support/random-flow';

const [mu, variance] = [2, 0.25];
const rising = (from: number, to: number, steps: number): number[] =>
  Array.from({ length: steps + 1 }, (_, i) => from + ((to - from) * i) / steps);

/** Mean and variance that an affine flow gives a normal start: from the images of its mean and of one deviation above. */
async function lawOfOde(
  start: { mean: number; variance: number },
  options: { times: readonly number[]; target: number; gain: number },
): Promise<[mean: number, variance: number]> {
  const { times, target, gain } = options;
  const deviation = Math.sqrt(start.variance);
  const { x } = await integrateFlow(normalFlow(mu, variance), column(start.mean, start.mean + deviation), {
    times,
    solver: 'midpoint',
    pull: { target: column(target, target), gains: times.slice(1).map(() => gain) },
  });
  const [mean, above] = x.data as unknown as [number, number];
  return [mean, (above - mean) ** 2];
}

// N(10, 1) at t = 0.37, from its closed form.
test('velocity, score and noise are readings of one estimate', async () => {
  const t = 0.37;
  const x = column(1.3, -2, 7);
  const prediction = await normalFlow().predict(x, t);
  const estimate = toEstimate(float64Space, { predicts: 'sample', prediction, x, alpha: 1 - t, sigma: t });
  const u = estimate.noise.data.map((noise, i) => noise - estimate.x0.data[i]!);
  const s = score(float64Space, estimate, { sigma: t });
  expect(u).toBeAllclose([-7.56463095, -5.95728737, -10.34095167], { atol: 1e-8, rtol: 0 });
  expect(s).toBeAllclose([[9.36680405], [15.54889472], [-1.31135257]], { atol: 1e-8, rtol: 0 });
  // Lemma A.1 and equation (23), either way.
  u.forEach((each, i) => {
    const [y, g] = [x.data[i]!, s.data[i]!];
    expect(each).toBeAllclose(-y / (1 - t) - (t / (1 - t)) * g, { atol: 1e-10 });
    expect(g).toBeAllclose(-y / t - ((1 - t) / t) * each, { atol: 1e-10 });
  });
});

// Proposition A.3: where the marginal law is N(0, t), which data N(0, t / (1 - t)) have at t, nothing moves.
test.each([0.5, 0.9])('a law N(0, t) is stationary at t = %d', async (t) => {
  const x = column(1.7, -3);
  const prediction = await normalFlow(0, t / (1 - t)).predict(x, t);
  const estimate = toEstimate(float64Space, { predicts: 'sample', prediction, x, alpha: 1 - t, sigma: t });
  const g = score(float64Space, estimate, { sigma: t });
  expect(g.data.map((each, i) => x.data[i]! / (1 - t) + (t / (1 - t)) * each)).toBeAllclose([0, 0], {
    atol: 1e-12,
  });
  expect(estimate.noise.data.map((each, i) => each - estimate.x0.data[i]!)).toBeAllclose([0, 0], {
    atol: 1e-12,
  });
});

// Moments by quadrature of the variation-of-constants formula for ODE (8), by closed form for SDE (10).
test.each([
  [0, [0.2, 0.8125], [0.2, 0.8125]],
  [0.25, [0.74477, 0.19136], [0.425, 0.61]],
  [0.5, [0.97375, 0.04507], [0.65, 0.4075]],
  [1, [1.1, 0.0025], [1.1, 0.0025]],
])('Theorem 3.4 holds at the ends of gamma alone: gamma = %d', async (gamma, ode, sde) => {
  const start = { mean: mu, variance };
  const found = await lawOfOde(start, { times: rising(0, 0.9, 1000), target: 1, gain: gamma });
  expect(found).toBeAllclose(ode, { atol: 2e-5, rtol: 0 });
  const { state, pulled, deviation } = noisingLaw({ to: 0.9, gamma });
  expect([state * mu + pulled * 1, state ** 2 * variance + deviation ** 2]).toBeAllclose(sde, { atol: 1e-9 });
});

// With the score of its own normal law, m' = -(m - gamma y1)/(1-t), V' = -2 V/(1-t) + 2 (1-gamma) t/(1-t).
test('with the score of its own law, the ODE has the moments of the SDE', () => {
  const [gamma, steps] = [0.5, 4000];
  const slope = (t: number, m: number, v: number): [number, number] => {
    // -(Y - gamma y1)/(1-t) + (1-gamma) t/(1-t) (Y - m)/v, at the mean, and its rate around it
    const rate = -1 / (1 - t) + ((1 - gamma) * t) / (1 - t) / v;
    return [-(m - gamma) / (1 - t), 2 * rate * v];
  };
  let [m, v] = [mu, variance];
  const h = 0.9 / steps;
  for (let i = 0; i < steps; i++) {
    const t = i * h;
    const [dm, dv] = slope(t, m, v);
    const [dm2, dv2] = slope(t + h / 2, m + (h / 2) * dm, v + (h / 2) * dv);
    [m, v] = [m + h * dm2, v + h * dv2];
  }
  expect([m, v]).toBeAllclose([0.65, 0.4075], { atol: 1e-6 });
});

/** Moments of `controlledSde` over a grid, exactly: an affine chain, from its values at three noises. */
async function lawOfSde(
  start: { mean: number; variance: number },
  { times, eta, variant }: { times: number[]; eta: number; variant: 'paper' | 'reference' },
): Promise<[mean: number, variance: number]> {
  const solver = controlledSde({ reference: column(1, 1, 1), eta, variant, finalNoise: true });
  let [mean, v] = [start.mean, start.variance];
  const denoiser = normalFlow(mu, variance);
  for (const [i, t] of times.slice(0, -1).entries()) {
    const tNext = times[i + 1]!;
    const x = column(mean, mean + 1, mean);
    const evaluate = async (state: Array64, time: number) => {
      const prediction = await denoiser.predict(state, time);
      return toEstimate(float64Space, {
        predicts: 'sample',
        prediction,
        x: state,
        alpha: 1 - time,
        sigma: time,
      });
    };
    const levels = { t, tNext, alpha: 1 - t, sigma: t, alphaNext: 1 - tNext, sigmaNext: tNext };
    const place = { index: i, steps: times.length - 1, space: float64Space, schedule, x, evaluate };
    const { x: next } = await solver.step({ ...place, ...levels, noise: () => column(0, 0, 1) }, []);
    const [a, b, c] = next.data as unknown as [number, number, number];
    [mean, v] = [a, (b - a) ** 2 * v + (c - a) ** 2];
  }
  return [mean, v];
}

// Start at t = 0.02 of reverse time from the flow's marginal, y0 = 1, to 0.9.
test.each([
  [0, [1.8, 0.2125], [1.8, 0.2125]],
  [0.5, [1.14482, 0.0461], [1.23893, 0.06385]],
  [1, [0.90204082, 0.01000104], [0.90204082, 0.01000104]],
])('Theorem 3.5 holds at the ends of eta alone: eta = %d', async (eta, ode, sde) => {
  const start = { mean: 0.04, variance: 0.9605 };
  const found = await lawOfOde(start, { times: rising(0.98, 0.1, 2000), target: 1, gain: eta });
  expect(found).toBeAllclose(ode, { atol: 1e-4, rtol: 0 });
  // Euler-Maruyama's law has an error of first order, which Richardson's extrapolation removes.
  const law = (steps: number) => lawOfSde(start, { times: rising(0.98, 0.1, steps), eta, variant: 'paper' });
  const [coarse, fine] = [await law(1500), await law(3000)];
  expect(fine.map((each, i) => 2 * each - coarse[i]!)).toBeAllclose(sde, { atol: 1e-4, rtol: 0 });
});

test('the released code at eta = 1 keeps noise, the paper none; both end at the reference', async () => {
  const start = { mean: 0.02, variance: 0.9604 };
  const law = (steps: number) =>
    lawOfSde(start, { times: rising(0.98, 0.1, steps), eta: 1, variant: 'reference' });
  const [coarse, fine] = [await law(2000), await law(4000)];
  // N(s y0, (1 - s)^2) at s = 0.9
  expect(fine.map((each, i) => 2 * each - coarse[i]!)).toBeAllclose([0.9, 0.01], { atol: 2e-5, rtol: 0 });
  for (const sdeVariant of ['paper', 'reference'] as const) {
    const inversion = await invertFlow(normalFlow(), column(11.5), { gamma: 1, key: key(0) });
    const runs = [key(1), key(2)].map((each) =>
      editFlow(normalFlow(), inversion, { eta: 1, sdeVariant, key: each }),
    );
    const [a, b] = await Promise.all(runs);
    expect([a!.image.data[0], b!.image.data[0]]).toBeAllclose([11.5, 11.5], { atol: 1e-10 });
  }
});

test('equation (17) is (1 - eta) (2 v - X / s) + eta (y0 - X) / (1 - s), and controlledSde steps along it', async () => {
  for (let trial = 0; trial < 50; trial++) {
    const [s, eta] = uniform64(key(trial), 2) as unknown as [number, number];
    const [x, v, y0] = normal(key(trial + 100), 3) as unknown as [number, number, number];
    const g = -x / (1 - s) + (s / (1 - s)) * v;
    const printed = ((1 - s - eta) * x + eta * s * y0) / (s * (1 - s)) + ((2 * (1 - s) * (1 - eta)) / s) * g;
    const simple = (1 - eta) * (2 * v - x / s) + (eta * (y0 - x)) / (1 - s);
    expect(printed).toBeAllclose(simple, { rtol: 1e-9, atol: 1e-9 });

    const [t, length] = [1 - s, 0.5 * (1 - s)];
    const estimate = { x0: column(x + t * v), noise: column(x - s * v) };
    const place = { index: 0, steps: 1, space: float64Space, schedule, x: column(x), noise: () => column(0) };
    const levels = { t, tNext: t - length, alpha: s, sigma: t, alphaNext: s + length, sigmaNext: t - length };
    const step = { ...place, ...levels, evaluate: () => Promise.resolve(estimate) };
    const moved = await controlledSde({ reference: column(y0), eta }).step(step, []);
    expect(moved.x.data[0]).toBeAllclose(x + length * simple, { rtol: 1e-9, atol: 1e-9 });
    const theirs = await controlledSde({ reference: column(y0), eta, variant: 'reference' }).step(step, []);
    const controlled = v + eta * ((y0 - x) / (1 - s) - v);
    expect(theirs.x.data[0]).toBeAllclose(x + length * (2 * controlled - x / s), { rtol: 1e-9, atol: 1e-9 });
  }
});

test('the transition of the noising process composes', () => {
  const variance0 = 0.7;
  const through = (v: number, from: number, to: number): number => {
    const { state, deviation } = noisingLaw({ from, to });
    return state ** 2 * v + deviation ** 2;
  };
  expect(through(variance0, 0.3, 0.8)).toBeAllclose(0.68979592, { atol: 1e-8 });
  expect(through(through(variance0, 0.3, 0.55), 0.55, 0.8)).toBeAllclose(0.68979592, { atol: 1e-8 });
  // And with a target: mean weights compose too.
  const [ab, bc, ac] = [
    [0.3, 0.55],
    [0.55, 0.8],
    [0.3, 0.8],
  ].map(([from, to]) => noisingLaw({ from: from!, to: to!, gamma: 0.4 })) as [never, never, never] as {
    state: number;
    pulled: number;
    deviation: number;
  }[];
  expect(bc!.state * ab!.pulled + bc!.pulled).toBeAllclose(ac!.pulled, { atol: 1e-12 });
});

test('controlledNoising draws from that law', () => {
  const count = 20_000;
  const images = { shape: [count, 1], data: new Float64Array(count).fill(mu) };
  const target = { shape: [count, 1], data: new Float64Array(count).fill(1) };
  const { data } = controlledNoising(float64Space, images, { to: 0.9, gamma: 0.5, target, key: key(5) });
  const mean = data.reduce((a, b) => a + b, 0) / count;
  const spread = data.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
  // (1 - T) mu + T gamma y1 = 0.65 and (1 - gamma) T^2 = 0.405; four standard errors.
  expect(mean).toBeAllclose(0.65, { atol: 4 * Math.sqrt(0.405 / count), rtol: 0 });
  expect(spread).toBeAllclose(0.405, { atol: 4 * 0.405 * Math.sqrt(2 / count), rtol: 0 });
  expect(() => controlledNoising(float64Space, images, { to: 0.5, gamma: 0.5, key: key(0) })).toThrow(
    /target|noise/,
  );
  expect(() => controlledNoising(float64Space, images, { from: 0.6, to: 0.5, key: key(0) })).toThrow(
    /not below/,
  );
});

test('the ancestral step: churn 0 is the ODE, full churn from noise renoises x0, the end is x0', async () => {
  const denoiser: Denoiser<Array64> = randomFlow(2);
  const run = { schedule, init: draw(1, [3, 2]), key: key(2), times: fluxTimes(12) };
  const ode = await sample(denoiser, { ...run, solver: flowOde() });
  const still = await sample(denoiser, { ...run, solver: flowSde({ churn: 0 }) });
  expect(still.samples).toBeAllclose(ode.samples, { atol: 1e-12, rtol: 1e-12 });
  const noisy = await sample(denoiser, { ...run, solver: flowSde() });
  expect(noisy.samples.data.every(Number.isFinite)).toBe(true);

  // One step by hand from b to a with the formulas of the transition.
  const step = async (b: number, a: number, churn: number) => {
    const x = draw(3, [1, 2]);
    const eps = draw(4, [1, 2]);
    const u = await denoiser.predict(x, b);
    const estimate = toEstimate(float64Space, {
      predicts: 'velocity',
      prediction: u,
      x,
      alpha: 1 - b,
      sigma: b,
    });
    const levels = { t: b, tNext: a, alpha: 1 - b, sigma: b, alphaNext: 1 - a, sigmaNext: a };
    const place = { index: 0, steps: 1, space: float64Space, schedule, x, noise: () => eps };
    const made = await flowSde({ churn }).step(
      { ...place, ...levels, evaluate: () => Promise.resolve(estimate) },
      [],
    );
    const s = churn * a * Math.sqrt(Math.max(0, 1 - ((a * (1 - b)) / (b * (1 - a))) ** 2));
    const byHand = x.data.map(
      (each, i) =>
        (1 - a) * (each - b * u.data[i]!) +
        Math.sqrt(Math.max(0, a * a - s * s)) * (each + (1 - b) * u.data[i]!) +
        s * eps.data[i]!,
    );
    return { made: made.x, byHand: { shape: [1, 2], data: byHand }, x0: estimate.x0, eps };
  };
  for (const [b, a, churn] of [
    [0.8, 0.5, 0.5],
    [0.9, 0.1, 1],
    [1, 0.6, 0.7],
  ] as const) {
    const { made, byHand } = await step(b, a, churn);
    expect(made).toBeAllclose(byHand, { atol: 1e-12, rtol: 1e-12 });
  }
  const first = await step(1, 0.6, 1);
  const renoised = first.x0.data.map((each, i) => 0.4 * each + 0.6 * first.eps.data[i]!);
  expect(first.made).toBeAllclose({ shape: [1, 2], data: renoised }, { atol: 1e-12 });
  const last = await step(0.3, 0, 1);
  expect(last.made).toBeAllclose(last.x0, { atol: 1e-12 });
});

test('the released SDE is Euler-Maruyama of flowSde under the control', async () => {
  const [denoiser, image] = [randomFlow(2), draw(1, [3, 2])];
  const inversion = await invertFlow(denoiser, image, { steps: 8, key: key(1) });
  const eta = { kind: 'constant', value: 0.6, stop: 4 } as const;
  const theirs = await editFlow(denoiser, inversion, { eta, sdeVariant: 'reference', key: key(2) });
  const { samples } = await sample(denoiser, {
    schedule,
    solver: flowSde({ scheme: 'euler-maruyama' }),
    times: inversion.times,
    init: inversion.noise,
    controls: [rfInversion({ reference: image, eta })],
    key: key(2),
  });
  expect(samples).toBeAllclose(theirs.image, { atol: 1e-10, rtol: 1e-10 });
  await expect(editFlow(denoiser, inversion, { sdeVariant: 'paper' })).rejects.toThrow(/key/);
  await expect(editFlow(denoiser, inversion, { solver: flowSde() })).rejects.toThrow(/key/);
});
