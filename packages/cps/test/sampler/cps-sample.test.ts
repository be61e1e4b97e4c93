import { engine } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { standardScaler, seriesOf } from '@lab/datasets';
import {
  clampEstimate,
  dpmpp2m,
  float64Space,
  gaussianDenoiser,
  heun,
  quadraticBetas,
  signalLevels,
  signalLevelSchedule,
  tensorSpace,
  type Denoiser,
} from '@lab/diffusion-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  all,
  argmaxAt,
  bounds,
  cpsSample,
  custom,
  fixed,
  mean,
  ohlc,
  perSampleProjector,
  compileConstraints,
} from '../../src';

beforeAll(() => engine());

const length = 12;
const schedule = signalLevelSchedule(signalLevels(quadraticBetas()));
const covariance = {
  shape: [length, length],
  data: Float64Array.from(
    { length: length ** 2 },
    (_, at) => 0.9 ** Math.abs(Math.floor(at / length) - (at % length)),
  ),
};
const denoiser = gaussianDenoiser({ mean: new Float64Array(length), covariance, schedule });
const shape = [4, length, 1] as const;
const common = { denoiser, schedule, shape, key: key(0), steps: 20 };
const meanOf = (data: Float64Array, b: number) =>
  data.subarray(b * length, (b + 1) * length).reduce((a, c) => a + c, 0) / length;

describe('cpsSample', () => {
  test('gives series in raw units, with the evidence', async () => {
    const scaler = standardScaler(seriesOf(Float64Array.of(80, 100, 120, 140), { channels: ['load'] }));
    const result = await cpsSample({
      ...common,
      scaler,
      constraints: all(mean({ value: 115, channel: 'load' }), argmaxAt({ at: 7 }), bounds({ lower: 60 })),
    });
    for (let b = 0; b < 4; b++) {
      expect(meanOf(result.samples.data, b)).toBeCloseTo(115, 8);
      const row = [...result.samples.data.subarray(b * length, (b + 1) * length)];
      expect(Math.max(...row) - row[7]!).toBeLessThan(1e-8);
      expect(Math.min(...row)).toBeGreaterThan(60 - 1e-8);
    }
    expect([...result.violation].every((violation) => violation < 1e-8)).toBe(true);
    expect(result.status).toBe('converged');
    expect(result.iterations.length).toBe(20);
    expect(result.modelCalls).toBe(20);
    expect(result.constraintCount).toBeGreaterThanOrEqual(1 + 11 + 1);
    const back = scaler.toRaw(result.scaled.data, { length });
    expect(back).toEqual(result.samples.data);
  });

  test('a constraint of its own for each series', async () => {
    const constraints = [0.1, 0.2, 0.3, 0.4].map((value) => mean({ value }));
    const { samples } = await cpsSample({ ...common, constraints });
    [0.1, 0.2, 0.3, 0.4].forEach((value, b) => expect(meanOf(samples.data, b)).toBeCloseTo(value, 8));
    const lists = await cpsSample({ ...common, constraints: mean({ value: [0.1, 0.2, 0.3, 0.4] }) });
    lists.samples.data.forEach((value, i) => expect(value).toBeCloseTo(samples.data[i]!, 8));
    await expect(cpsSample({ ...common, constraints: constraints.slice(1) })).rejects.toThrow(
      'one for each series',
    );
  });

  test('a float32 denoiser is run inside a float64 state', async () => {
    const single = gaussianDenoiser({
      mean: new Float64Array(length),
      covariance,
      schedule,
      space: tensorSpace,
    });
    await expectNoLeak(async () => {
      const { violation, samples } = await cpsSample({
        ...common,
        denoiser: single,
        constraints: mean({ value: 1 / 3 }),
      });
      expect(Math.max(...violation)).toBeLessThan(1e-9);
      const double = await cpsSample({ ...common, constraints: mean({ value: 1 / 3 }) });
      samples.data.forEach((value, i) => expect(value).toBeCloseTo(double.samples.data[i]!, 3));
    });
  });

  test.each([heun(), dpmpp2m()])('constraints hold with solver $name', async (solver) => {
    const { violation } = await cpsSample({
      ...common,
      solver,
      constraints: all(mean({ value: 0.3 }), fixed({ values: { 0: 1 } })),
    });
    expect(Math.max(...violation)).toBeLessThan(1e-9);
  });

  test('other controls act beside it; what one of them undoes is projected again', async () => {
    const shove = {
      name: 'shove',
      state: (x: Array64) => ({ ...x, data: x.data.map((value) => value + 0.01) }),
    };
    const { violation } = await cpsSample({
      ...common,
      controls: [clampEstimate({ low: -3, high: 3 }), shove],
      constraints: mean({ value: 0.3 }),
    });
    expect(Math.max(...violation)).toBeLessThan(1e-9);
  });

  test('clampX0 bounds the posterior mean before the projection', async () => {
    const { samples } = await cpsSample({ ...common, clampX0: [-0.5, 0.5], constraints: all() });
    expect(Math.max(...samples.data.map(Math.abs))).toBeLessThanOrEqual(0.5);
  });
});

describe('cpsSample refuses', () => {
  const spoiled = (from: number): Denoiser<Array64> & { calls: number } => ({
    predicts: 'sample',
    space: float64Space,
    calls: 0,
    predict(x) {
      return { ...x, data: x.data.map(() => (this.calls++ >= from ? NaN : 0)) };
    },
  });

  test('infeasible sets before any model call, naming them (A15)', async () => {
    const model = spoiled(Infinity);
    const constraints = all(bounds({ lower: 1 }), mean({ value: 0, name: 'mean of the load' }));
    await expect(cpsSample({ ...common, denoiser: model, constraints })).rejects.toMatchObject({
      code: 'infeasible',
    });
    await expect(cpsSample({ ...common, denoiser: model, constraints })).rejects.toThrow('mean of the load');
    expect(model.calls).toBe(0);
  });

  test('NaN in the output of the model, naming the step', async () => {
    const model = spoiled(4 * length * 3);
    await expect(cpsSample({ ...common, denoiser: model, constraints: mean({ value: 0 }) })).rejects.toThrow(
      'step 3',
    );
  });

  test('raw units without a scaler', async () => {
    const constraints = mean({ value: 4200 });
    await expect(cpsSample({ ...common, constraints })).rejects.toThrow('give the scaler');
    const result = await cpsSample({ ...common, scaler: 'identity', constraints });
    expect(meanOf(result.samples.data, 0)).toBeCloseTo(4200, 6);
  });

  test('a schedule that does not end at the clean sample', async () => {
    const noisy = { ...schedule, alpha: () => 0.9, sigma: () => Math.sqrt(0.19) };
    await expect(cpsSample({ ...common, schedule: noisy, constraints: mean({ value: 0 }) })).rejects.toThrow(
      'clean at t = 0',
    );
  });

  test('bars, channels and shapes that do not fit', async () => {
    await expect(cpsSample({ ...common, constraints: ohlc() })).rejects.toThrow('channel');
    await expect(cpsSample({ ...common, constraints: mean({ value: 0, channel: 3 }) })).rejects.toThrow(
      'no such channel',
    );
    await expect(cpsSample({ ...common, shape: [0, 12, 1], constraints: all() })).rejects.toThrow(
      'positive integers',
    );
    const other = compileConstraints(all(), { shape: [5, 1] });
    await expect(cpsSample({ ...common, constraints: other })).rejects.toThrow('another series');
  });

  test('a last projection that does not converge, unless the best point is wanted', async () => {
    // No series has a negative sum of squares: a set that only the general solver can look at.
    const constraints = custom({
      kind: 'equality',
      name: 'impossible',
      value: (z) => z.reduce((sum, value) => sum + value * value, 0) + 1,
    });
    await expect(cpsSample({ ...common, steps: 3, constraints })).rejects.toThrow('impossible');
    const best = await cpsSample({ ...common, steps: 3, constraints, onInfeasible: 'best' });
    expect(best.status).not.toBe('converged');
    expect(best.violated).toEqual(['impossible']);
    expect(best.samples.data.every(Number.isFinite)).toBe(true);
  });
});

test('a projector for each series is as its members', () => {
  const projectors = [0, 1].map((value) => compileConstraints(mean({ value }), { shape: [3, 1] }));
  const joined = perSampleProjector(projectors);
  const x = { shape: [2, 3, 1], data: Float64Array.of(1, 2, 3, 4, 5, 6) };
  expect([...joined.violation(x)]).toEqual([2, 4]);
  const { status, residual } = joined.project(x);
  expect(status).toBe('converged');
  x.data.forEach((value, i) => expect(value).toBeCloseTo([-1, 0, 1, 0, 1, 2][i]!, 12));
  expect(Math.max(...residual)).toBeLessThan(1e-12);
  expect(() => joined.project({ shape: [1, 3, 1], data: new Float64Array(3) })).toThrow('for each series');
});
