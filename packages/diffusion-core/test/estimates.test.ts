import { expect, test } from 'vitest';
import fc from 'fast-check';
import '@lab/testing';
import {
  float64Space,
  noiseFor,
  score,
  toEstimate,
  toPrediction,
  tweedieMean,
  type Prediction,
} from '../src';

const space = float64Space;
const kinds: Prediction[] = ['epsilon', 'sample', 'v', 'velocity'];
const state = (values: number[]) => ({ shape: [1, values.length], data: Float64Array.from(values) });
const entry = fc.double({ min: -5, max: 5, noNaN: true });
const states = fc.array(fc.tuple(entry, entry), { minLength: 1, maxLength: 6 });
const levels = fc.oneof(
  fc
    .double({ min: 0.05, max: 1.5, noNaN: true })
    .map((phi) => ({ alpha: Math.cos(phi), sigma: Math.sin(phi) })),
  fc.double({ min: 0.05, max: 0.95, noNaN: true }).map((t) => ({ alpha: 1 - t, sigma: t })),
);

test.each(kinds)('%s: reading a prediction gives back the sample and noise that made it', (predicts) => {
  fc.assert(
    fc.property(states, levels, (pairs, level) => {
      const x0 = state(pairs.map(([each]) => each));
      const noise = state(pairs.map(([, each]) => each));
      const x = space.combine([
        [level.alpha, x0],
        [level.sigma, noise],
      ]);
      const prediction = toPrediction(space, { predicts, estimate: { x0, noise }, ...level });
      const back = toEstimate(space, { predicts, prediction, x, ...level });
      expect(back.x0).toBeAllclose(x0, { rtol: 0, atol: 1e-12 });
      expect(back.noise).toBeAllclose(noise, { rtol: 0, atol: 1e-12 });
      expect(toPrediction(space, { predicts, estimate: back, ...level })).toBeAllclose(prediction, {
        rtol: 0,
        atol: 1e-12,
      });
    }),
  );
});

test('v at an angle of 30 degrees, by hand', () => {
  const [alpha, sigma] = [Math.sqrt(3) / 2, 0.5];
  const estimate = { x0: state([2]), noise: state([-1]) };
  // v = alpha noise - sigma x0 (Salimans & Ho 2022, appendix D)
  const v = toPrediction(space, { predicts: 'v', estimate, alpha, sigma });
  expect(v.data[0]).toBeCloseTo(-alpha - 1, 14);
});

test('the ends: what a prediction determines there is read, what it does not is refused', () => {
  const x = state([3]);
  const prediction = state([1]);
  const noisy = { prediction, x, alpha: 0, sigma: 1 };
  expect(toEstimate(space, { predicts: 'sample', ...noisy }).noise.data[0]).toBe(3);
  expect(toEstimate(space, { predicts: 'v', ...noisy }).x0.data[0]).toBe(-1);
  expect(toEstimate(space, { predicts: 'velocity', ...noisy }).x0.data[0]).toBe(2);
  expect(() => toEstimate(space, { predicts: 'epsilon', ...noisy })).toThrow(/alpha = 0/);
  const clean = { prediction, x, alpha: 1, sigma: 0 };
  expect(toEstimate(space, { predicts: 'epsilon', ...clean }).x0.data[0]).toBe(3);
  expect(() => toEstimate(space, { predicts: 'sample', ...clean })).toThrow(/sigma = 0/);
  expect(() => noiseFor(space, { x, x0: prediction, alpha: 1, sigma: 0 })).toThrow(/sigma = 0/);
});

test('Tweedie turns the score back into the posterior mean', () => {
  fc.assert(
    fc.property(states, levels, (pairs, level) => {
      const x0 = state(pairs.map(([each]) => each));
      const noise = state(pairs.map(([, each]) => each));
      const x = space.combine([
        [level.alpha, x0],
        [level.sigma, noise],
      ]);
      const gradient = score(space, { x0, noise }, level);
      expect(tweedieMean(space, { x, score: gradient, ...level })).toBeAllclose(x0, { rtol: 0, atol: 1e-11 });
    }),
  );
});
