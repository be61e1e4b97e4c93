import { expect, test } from 'vitest';
import { float64Space, type Denoiser } from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import {
  diagnoseInversion,
  editFlow,
  invertFlow,
  presets,
  strokeDistance,
  structureDistance,
  sweepEdit,
} from '../src';
import { column, normalFlow } from './support/gaussian';

test('a diagnosis tells the integrator from the condition', async () => {
  // Euler's error of N(10, 1) in 28 steps: 1.5 (1 - 0.91223756).
  const found = await diagnoseInversion(normalFlow(), column(11.5));
  expect(found.map(({ solver, modelCalls }) => [solver, modelCalls])).toEqual([
    ['euler', 56],
    ['midpoint', 112],
  ]);
  expect(found[0]!.error).toBeAllclose(1.5 * (1 - 0.91223756), { atol: 1e-6 });
  expect(found[1]!.error).toBeLessThan(1e-3);
  const conditional: Denoiser<Array64, number> = {
    predicts: 'sample',
    space: float64Space,
    predict: (x, t, c = 10) => normalFlow(c).predict(x, t),
  };
  expect(
    (await diagnoseInversion(conditional, column(11.5), { condition: 3 })).map(({ condition }) => condition),
  ).toEqual(['none', 'none', 'given', 'given']);
});

test('a sweep is its edits one by one; presets are runs of 28 steps', async () => {
  const inversion = await invertFlow(normalFlow(), column(11.5), { ...presets.stylise, key: key(0) });
  const points = await sweepEdit(normalFlow(), inversion, { etas: [0.5, 0.9], stops: [3, 7] });
  expect(points.map(({ eta, stop }) => [eta, stop])).toEqual([
    [0.5, 3],
    [0.5, 7],
    [0.9, 3],
    [0.9, 7],
  ]);
  const alone = await editFlow(normalFlow(), inversion, { eta: { kind: 'constant', value: 0.9, stop: 3 } });
  expect(points[2]!.image.data).toEqual(alone.image.data);
  for (const { steps, eta } of Object.values(presets)) expect(eta.stop).toBeLessThanOrEqual(steps);
});

test('distances, by hand', () => {
  const a = { shape: [2, 2], data: Float64Array.of(0, 0, 1, 1) };
  const b = { shape: [2, 2], data: Float64Array.of(3, 4, 1, 1) };
  expect(strokeDistance(a, b)).toBeAllclose([5, 0]);
  // Directions at a right angle, and at 45 degrees: similarities differ by 0.5^0.5 off the diagonal.
  const right = { shape: [2, 2], data: Float64Array.of(1, 0, 0, 2) };
  const half = { shape: [2, 2], data: Float64Array.of(5, 0, 1, 1) };
  expect(structureDistance(right, half)).toBeAllclose(0.25, { rtol: 1e-12 });
  expect(structureDistance(right, right)).toBe(0);
  expect(() => structureDistance(a, right)).toThrow(/no direction/);
});
