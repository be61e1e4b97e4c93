import { expect, test } from 'vitest';
import '@lab/testing';
import { rectifiedFlowSchedule, resolutionShift } from '@lab/diffusion-core';
import { imageMemory, referenceDistance, resolveGain, type Gain } from '../src';
import { fluxTimes } from './support/gaussian';

const four = [1, 0.75, 0.5, 0.25];
const at = (gain: Gain, times = four): number[] => resolveGain(gain, times, { name: 'eta' });

test('every kind of schedule, by hand', () => {
  expect(at(0.5)).toEqual([0.5, 0.5, 0.5, 0.5]);
  expect(at({ kind: 'constant', value: 0.9, start: 1, stop: 3 })).toEqual([0, 0.9, 0.9, 0]);
  expect(at({ kind: 'decay', value: 0.8 })).toBeAllclose([0.8, 0.6, 0.4, 0.2]);
  expect(at({ kind: 'decay', value: 0.8, power: 2, stop: 2 })).toBeAllclose([0.8, 0.45, 0, 0]);
  expect(at({ kind: 'increase', value: 0.6, stop: 3 })).toBeAllclose([0, 0.3, 0.6, 0]);
  expect(at({ kind: 'decrease', value: 0.6, stop: 3 })).toBeAllclose([0.6, 0.3, 0, 0]);
  expect(at([0.1, 0.2, 0.3, 0.4])).toEqual([0.1, 0.2, 0.3, 0.4]);
  expect(at(({ t }) => t)).toEqual(four);
  // int(0.3 * 4) = 1 and int(0.8 * 4) = 3
  expect(at({ kind: 'constant', value: 1, startFraction: 0.3, stopFraction: 0.8 })).toEqual([0, 1, 1, 0]);
});

test('a ramp over one step is constant and not a division by zero', () => {
  for (const kind of ['increase', 'decrease'] as const)
    expect(at({ kind, value: 0.7, start: 2, stop: 3 })).toEqual([0, 0, 0.7, 0]);
});

test.each<[string, Gain, RegExp]>([
  ['a value above 1', 1.2, /eta lies in \[0, 1\]/],
  ['NaN', Number.NaN, /eta lies/],
  ['a window beyond the run', { kind: 'constant', value: 1, stop: 5 }, /from 0 to 4/],
  ['a fraction as an index', { kind: 'constant', value: 1, stop: 0.25 }, /stopFraction/],
  ['both an index and a fraction', { kind: 'constant', value: 1, stop: 2, stopFraction: 0.5 }, /not both/],
  [
    'a window that ends before it starts',
    { kind: 'constant', value: 1, start: 3, stop: 2 },
    /before it starts/,
  ],
  ['a list of another length', [1, 1], /one number for each step/],
  ['a function that leaves the range', () => -0.1, /lies in/],
])('refuses %s', (_, gain, message) => {
  expect(() => at(gain)).toThrow(message);
});

test('extrapolation is asked for by name', () => {
  expect(resolveGain(1.5, four, { name: 'eta', allowExtrapolation: true })).toEqual([1.5, 1.5, 1.5, 1.5]);
});

// Gamma(N + 1 - g) / (Gamma(1 - g) Gamma(N + 1)), computed elsewhere.
test('how much of the image a constant gamma keeps', () => {
  const even = (steps: number): number[] => rectifiedFlowSchedule().times(steps);
  expect(imageMemory(even(28), 0.5)).toBeAllclose(0.1061469052, { rtol: 1e-9 });
  expect(imageMemory(even(100), 0.5)).toBeAllclose(0.056348479, { rtol: 1e-9 });
  expect(imageMemory(even(28), 0.25)).toBeAllclose(0.3535712716, { rtol: 1e-9 });
  expect(imageMemory(even(28), 0.75)).toBeAllclose(0.0225835401, { rtol: 1e-9 });
});

test('how near to the reference the first quarter of the steps leads', () => {
  const seven = (value: number): number[] =>
    at({ kind: 'constant', value, stop: 7 }, fluxTimes().slice(0, -1));
  expect(referenceDistance(fluxTimes(), seven(0.9))).toBeAllclose(0.9137, { atol: 5e-5 });
  expect(referenceDistance(fluxTimes(), seven(1))).toBeAllclose(0.9045, { atol: 5e-5 });
  expect(referenceDistance(rectifiedFlowSchedule().times(28), seven(0.9))).toBeAllclose(0.7723, {
    atol: 5e-5,
  });
});

// The released pipeline's numbers at 1024 by 1024 pixels and 28 steps.
test('the grid of Flux', () => {
  const mu = [256, 1024, 4096].map((tokens) => Math.log(resolutionShift(tokens)));
  expect(mu).toBeAllclose([0.5, 0.63, 1.15], { atol: 1e-12 });
  const times = rectifiedFlowSchedule({ shift: resolutionShift(4096) }).times(28);
  expect(times.slice(1, 5)).toBeAllclose([0.988409, 0.976222, 0.963394, 0.949873], { atol: 1e-6 });
  expect(times.slice(25, 28)).toBeAllclose([0.274828, 0.195455, 0.104721], { atol: 1e-6 });
  expect(times[7]).toBeAllclose(0.90453077, { atol: 1e-8 });
  // Stable Diffusion 3: 3 s / (1 + 2 s).
  expect(rectifiedFlowSchedule({ shift: 3 }).times(2)).toBeAllclose([1, 0.75, 0]);
});
