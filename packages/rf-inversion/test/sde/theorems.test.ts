import { expect, test } from 'vitest';
import { float64Space, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import { editFlow, invertFlow, noisingLaw } from '../../src';
import { column, normalFlow } from '../support/gaussian';
import { lawOfOde, lawOfSde, rising } from '../support/laws';

const [mu, variance] = [2, 0.25];
const flow = normalFlow(mu, variance);

// Moments by quadrature of the variation-of-constants formula for ODE (8), by closed form for SDE (10).
test.each([
  [0, [0.2, 0.8125], [0.2, 0.8125]],
  [0.25, [0.74477, 0.19136], [0.425, 0.61]],
  [0.5, [0.97375, 0.04507], [0.65, 0.4075]],
  [1, [1.1, 0.0025], [1.1, 0.0025]],
])('Theorem 3.4 holds at the ends of gamma alone: gamma = %d', async (gamma, ode, sde) => {
  const start = { mean: mu, variance };
  const found = await lawOfOde(start, { flow, times: rising(0, 0.9, 1000), target: 1, gain: gamma });
  expect(found).toBeAllclose(ode, { atol: 2e-5, rtol: 0 });
  const { state, pulled, deviation } = noisingLaw({ to: 0.9, gamma });
  expect([state * mu + pulled * 1, state ** 2 * variance + deviation ** 2]).toBeAllclose(sde, { atol: 1e-9 });
});

// dY = [-(Y - gamma y1) - (1 - gamma) t grad log rho_t(Y)] / (1 - t) dt, rho_t the law of SDE (10) itself.
test('with the score of its own law, the ODE has the moments of the SDE', async () => {
  const gamma = 0.5;
  const momentsAt = (t: number): [mean: number, variance: number] => {
    const { state, pulled, deviation } = noisingLaw({ to: t, gamma });
    return [state * mu + pulled * 1, state ** 2 * variance + deviation ** 2];
  };
  const consistent: Denoiser<Array64> = {
    predicts: 'velocity',
    space: float64Space,
    predict({ shape, data }, t) {
      const [mean, spread] = momentsAt(t);
      const velocity = data.map((y) => {
        const score = -(y - mean) / spread;
        return (-(y - gamma * 1) - (1 - gamma) * t * score) / (1 - t);
      });
      return { shape, data: velocity };
    },
  };
  const found = await lawOfOde({ mean: mu, variance }, { flow: consistent, times: rising(0, 0.9, 2000) });
  expect(found).toBeAllclose([0.65, 0.4075], { atol: 1e-6, rtol: 0 });
  expect(momentsAt(0.9)).toBeAllclose([0.65, 0.4075], { atol: 1e-12, rtol: 0 });
});

// Start at t = 0.02 of reverse time from the flow's marginal, y0 = 1, to 0.9.
test.each([
  [0, [1.8, 0.2125], [1.8, 0.2125]],
  [0.5, [1.14482, 0.0461], [1.23893, 0.06385]],
  [1, [0.90204082, 0.01000104], [0.90204082, 0.01000104]],
])('Theorem 3.5 holds at the ends of eta alone: eta = %d', async (eta, ode, sde) => {
  const start = { mean: 0.04, variance: 0.9605 };
  const found = await lawOfOde(start, { flow, times: rising(0.98, 0.1, 2000), target: 1, gain: eta });
  expect(found).toBeAllclose(ode, { atol: 1e-4, rtol: 0 });
  // Euler-Maruyama's law has an error of first order, which Richardson's extrapolation removes.
  const law = (steps: number) =>
    lawOfSde(start, { flow, times: rising(0.98, 0.1, steps), eta, variant: 'paper' });
  const [coarse, fine] = [await law(1500), await law(3000)];
  expect(fine.map((each, i) => 2 * each - coarse[i]!)).toBeAllclose(sde, { atol: 1e-4, rtol: 0 });
});

test('the released code at eta = 1 keeps noise, the paper none; both end at the reference', async () => {
  const start = { mean: 0.02, variance: 0.9604 };
  const law = (steps: number) =>
    lawOfSde(start, { flow, times: rising(0.98, 0.1, steps), eta: 1, variant: 'reference' });
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
