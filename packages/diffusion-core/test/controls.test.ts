import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  clampEstimate,
  cosineSchedule,
  gaussianDenoiser,
  heun,
  sample,
  tensorSpace,
  type Control,
  type Step,
} from '../src';
import { state } from './support/gaussian-ode';

const schedule = cosineSchedule();
const data = { mean: [1, -1], covariance: [1, 0.25], schedule };

beforeAll(() => engine());

describe('controls', () => {
  const covariance = [
    [1, 0.8],
    [0.8, 1],
  ];
  const tilted = cosineSchedule({ offset: 0, scale: 0.999 });
  const denoiser = () => gaussianDenoiser({ mean: [0, 0], covariance, schedule: tilted });
  const pinFirst = (noise: 'keep' | 'recompute'): Control<Array64> => ({
    name: 'x_1 = 2',
    noise,
    estimate: (x0) => ({ shape: x0.shape, data: x0.data.map((value, i) => (i % 2 === 0 ? 2 : value)) }),
  });

  /** Mean and variance of x_2 at the end: the run is affine in its start, so three starts determine both. */
  async function lawOfSecond(steps: number, noise: 'keep' | 'recompute') {
    const init = state([3, 2], [0, 0, 1, 0, 0, 1]);
    const controls = [pinFirst(noise)];
    const { samples } = await sample(denoiser(), { schedule: tilted, steps, init, key: key(0), controls });
    const [offset, one, two] = [samples.data[1]!, samples.data[3]!, samples.data[5]!];
    return { mean: offset, variance: (one - offset) ** 2 + (two - offset) ** 2 };
  }

  // Exact projection onto x_1 = 2 in every step, eta = 0.
  test.each([
    [5, 0.89787, 0.33466],
    [50, 1.32242, 0.37787],
    [400, 1.46591, 0.36736],
  ])('keeping the noise, N = %i', async (steps, mean, variance) => {
    const law = await lawOfSecond(steps, 'keep');
    expect(law.mean).toBeCloseTo(mean, 5);
    expect(law.variance).toBeCloseTo(variance, 5);
  });

  test.each([
    [10, 0.6731],
    [50, 0.6891],
    [400, 0.6924],
  ])('recomputing the noise is another method, N = %i', async (steps, mean) => {
    expect((await lawOfSecond(steps, 'recompute')).mean).toBeCloseTo(mean, 4);
  });

  test('act in order, at both places, and see their step', async () => {
    const seen: Step<Array64>[] = [];
    const trace: string[] = [];
    const named = (name: string): Control<Array64> => ({
      name,
      estimate(x0, step) {
        trace.push(`${name}.estimate ${step.index}`);
        seen.push(step);
        return x0;
      },
      state(x, step) {
        trace.push(`${name}.state ${step.index}`);
        return x;
      },
    });
    const controls = [named('a'), named('b')];
    await sample(denoiser(), {
      schedule: tilted,
      steps: 2,
      shape: [1, 2],
      key: key(0),
      controls,
      condition: 'c',
    });
    expect(trace).toEqual(
      [0, 1].flatMap((i) => [`a.estimate ${i}`, `b.estimate ${i}`, `a.state ${i}`, `b.state ${i}`]),
    );
    const [first, other, later] = seen as [Step<Array64>, Step<Array64>, Step<Array64>];
    expect(first).toMatchObject({ index: 0, steps: 2, t: 1, tNext: 0.5, condition: 'c' });
    expect(later).toMatchObject({ index: 1, t: 0.5, tNext: 0, alphaNext: 1, sigmaNext: 0 });
    expect(first.alpha).toBe(tilted.alpha(1));
    expect(new Set([first.key, other.key, later.key].map(String)).size).toBe(3); // each draws for itself
  });

  test("Heun's second evaluation shows the predicted state at the next time", async () => {
    const seen: [number, number][] = [];
    const watch: Control<Array64> = {
      name: 'watch',
      estimate(x0, { t, tNext }) {
        seen.push([t, tNext]);
        return x0;
      },
    };
    const options = { schedule: tilted, solver: heun(), times: [1, 0.6, 0], shape: [1, 2], key: key(0) };
    await sample(denoiser(), { ...options, controls: [watch] });
    expect(seen).toEqual([
      [1, 0.6],
      [0.6, 0.6],
      [0.6, 0],
    ]);
  });

  test('one that changes nothing changes nothing', async () => {
    const options = { schedule: tilted, steps: 8, shape: [2, 2], key: key(3) };
    const idle: Control<Array64> = { name: 'idle', estimate: (x0) => x0, state: (x) => x };
    const plain = await sample(denoiser(), options);
    expect((await sample(denoiser(), { ...options, controls: [idle] })).samples).toEqual(plain.samples);
  });

  test('may hand back any state of the step, also the start that is the caller’s', async () => {
    await expectNoLeak(async () => {
      const init = tf.tensor2d([[0.5, 0.5]]);
      const tensorDenoiser = gaussianDenoiser({ ...data, space: tensorSpace });
      const echo: Control = {
        name: 'echo',
        estimate: (_, step) => step.x,
        state: (_, step) => step.estimate.x0,
      };
      const controls = [echo];
      const { samples } = await sample(tensorDenoiser, { schedule, steps: 3, init, key: key(0), controls });
      expect(init.isDisposed).toBe(false);
      init.dispose();
      samples.dispose();
    });
  });

  test('clampEstimate limits the estimate', async () => {
    const controls = [clampEstimate<Array64>({ low: -0.2, high: 0.3 })];
    const { samples } = await sample(denoiser(), {
      schedule: tilted,
      steps: 5,
      shape: [20, 2],
      key: key(0),
      controls,
    });
    expect(Math.min(...samples.data)).toBe(-0.2);
    expect(Math.max(...samples.data)).toBe(0.3);
    expect(() => clampEstimate({ low: 1, high: 1 })).toThrow(/low < high/);
  });
});
