import { expect, test } from 'vitest';
import { float64Space, score, toEstimate } from '@lab/diffusion-core';
import { key, normal, uniform64 } from '@lab/tensor-core/random';
import '@lab/testing';
import { controlledNoising, controlledSde, noisingLaw } from '../../src';
import { column, normalFlow, schedule } from '../support/gaussian';

const mu = 2;

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
