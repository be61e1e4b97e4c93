import { expect, test } from 'vitest';
import { float64Space, flowOde, flowSde, sample, toEstimate, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import { editFlow, invertFlow, rfInversion } from '../../src';
import { fluxTimes, schedule } from '../support/gaussian';
import { draw, randomFlow } from '../support/random-flow';

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
