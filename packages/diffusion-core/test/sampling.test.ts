import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak, liveTensors } from '@lab/testing';
import {
  cosineSchedule,
  ddim,
  ddpm,
  dpmpp2m,
  euler,
  float64Space,
  gaussianDenoiser,
  heun,
  sample,
  tensorSpace,
  toArray64,
  toFloat64,
  trajectory,
  type Control,
  type Denoiser,
  type Solver,
} from '../src';
import { state } from './support/gaussian-ode';

const schedule = cosineSchedule();
const data = { mean: [1, -1], covariance: [1, 0.25], schedule };
const solvers: Solver[] = [ddim(), ddim({ eta: 0.7 }), ddpm(), euler(), heun(), dpmpp2m()];

beforeAll(() => engine());

describe.each(solvers.map((solver, i) => [`${solver.name} ${i}`, solver] as const))('%s', (_, solver) => {
  test('the last step returns the controlled estimate, bit for bit', async () => {
    const target = state([2, 2], [0.1, 0.2, 0.3, 1 / 3]);
    const pin: Control<Array64> = { name: 'pin', estimate: () => target };
    const options = { schedule, solver, steps: 6, shape: [2, 2], key: key(1), controls: [pin] };
    const { samples } = await sample(gaussianDenoiser(data), options);
    expect(samples.data).toEqual(target.data);
  });

  test('float32 tensors and float64 arrays give the same samples for a key', async () => {
    const options = { schedule, solver, steps: 12, shape: [3, 2], key: key(7) };
    const exact = await sample(gaussianDenoiser(data), options);
    await expectNoLeak(async () => {
      const { samples, ...cost } = await sample(gaussianDenoiser({ ...data, space: tensorSpace }), options);
      expect(await toArray64(samples)).toBeAllclose(exact.samples, { rtol: 1e-4, atol: 1e-4 });
      expect(cost.modelCalls).toBe(exact.modelCalls);
      samples.dispose();
    });
  });

  test('counts its model calls', async () => {
    const { modelCalls, steps, seconds } = await sample(gaussianDenoiser(data), {
      schedule,
      solver,
      steps: 5,
      shape: [1, 2],
      key: key(0),
    });
    expect({ modelCalls, steps }).toEqual({ modelCalls: 4 * solver.evaluations + 1, steps: 5 });
    expect(seconds).toBeGreaterThan(0);
  });

  test('a throw in the network, in a control and in onStep frees everything', async () => {
    const denoiser = gaussianDenoiser({ ...data, space: tensorSpace });
    let calls = 0;
    const failing: Denoiser = {
      ...denoiser,
      predict(x, t) {
        if (++calls === 3) throw new Error('network');
        return denoiser.predict(x, t);
      },
    };
    const options = { schedule, solver, steps: 4, shape: [2, 2], key: key(0) };
    const shift: Control = {
      name: 'shift',
      estimate: (x0) => tf.add(x0, 0.1),
      state(x, { index }) {
        if (index === 1) throw new Error('control');
        return tf.mul(x, 1);
      },
    };
    await expectNoLeak(async () => {
      await expect(sample(failing, options)).rejects.toThrow('network');
      await expect(sample(denoiser, { ...options, controls: [shift] })).rejects.toThrow('control');
      for (const at of [0, 3]) {
        const onStep = ({ index }: { index: number }): void => {
          if (index === at) throw new Error('onStep');
        };
        await expect(sample(denoiser, { ...options, onStep })).rejects.toThrow('onStep');
      }
    });
  });
});

describe('trajectory', () => {
  const options = { schedule, steps: 4, shape: [2, 2], key: key(2) };

  test('shows every step and ends in the sample', async () => {
    const points: { t: number; tNext: number; x: number[]; x0: number[]; modelCalls: number }[] = [];
    for await (const { t, tNext, x, x0, modelCalls } of trajectory(gaussianDenoiser(data), options))
      points.push({ t, tNext, x: [...x.data], x0: [...x0.data], modelCalls });
    expect(points.map(({ t, tNext }) => [t, tNext])).toEqual([
      [1, 0.75],
      [0.75, 0.5],
      [0.5, 0.25],
      [0.25, 0],
    ]);
    expect(points.map(({ modelCalls }) => modelCalls)).toEqual([1, 2, 3, 4]);
    const { samples } = await sample(gaussianDenoiser(data), options);
    expect(points[3]!.x).toEqual([...samples.data]);
    expect(points[3]!.x0).toEqual(points[3]!.x);
  });

  test('the last state is the caller’s; leaving early frees the rest', async () => {
    const denoiser = gaussianDenoiser({ ...data, space: tensorSpace });
    await expectNoLeak(async () => {
      for await (const point of trajectory(denoiser, options)) if (point.index === 1) break;
      let last: Tensor | undefined;
      for await (const point of trajectory(denoiser, options)) last = point.x;
      expect(last!.isDisposed).toBe(false);
      last!.dispose();
    });
  });

  test('a step at a time holds few states', async () => {
    const before = liveTensors();
    const solver = dpmpp2m();
    const counts: number[] = [];
    for await (const point of trajectory(gaussianDenoiser({ ...data, space: tensorSpace }), {
      ...options,
      solver,
    })) {
      counts.push(liveTensors() - before);
      if (point.index === 3) point.x.dispose();
    }
    expect(Math.max(...counts)).toBeLessThanOrEqual(4);
  });
});

describe('bad input and bad output', () => {
  const denoiser = gaussianDenoiser(data);
  const options = { schedule, steps: 4, shape: [2, 2], key: key(0) };

  test('NaN is refused with the step and the culprit', async () => {
    const broken = (predict: Denoiser<Array64>['predict']): Denoiser<Array64> => ({ ...denoiser, predict });
    const nan = broken((x, t) => ({ ...x, data: x.data.map((value) => (t > 0.6 ? value : Number.NaN)) }));
    await expect(sample(nan, options)).rejects.toThrow(
      /denoiser returned NaN or infinity at step 2 \(t = 0.5\)/,
    );
    const short = broken(() => state([1, 2], [0, 0]));
    await expect(sample(short, options)).rejects.toMatchObject({ code: 'shape' });
    const infinite: Control<Array64> = {
      name: 'divider',
      estimate: (x0, { index }) => (index === 1 ? { ...x0, data: x0.data.map((value) => value / 0) } : x0),
    };
    await expect(sample(denoiser, { ...options, controls: [infinite] })).rejects.toThrow(/step 1 .*divider/);
    const tensors = gaussianDenoiser({ ...data, space: tensorSpace });
    const tensorNan: Denoiser = { ...tensors, predict: (x) => tf.div(x, 0) };
    await expectNoLeak(() => expect(sample(tensorNan, options)).rejects.toMatchObject({ code: 'numeric' }));
  });

  test.each([
    ['neither shape nor init', { shape: undefined }],
    ['both', { init: state([1, 2], [0, 0]) }],
    ['an empty batch', { shape: [0, 2] }],
    ['a grid not ending at 0', { times: [1, 0.5] }],
    ['no steps', { steps: 0 }],
  ])('refuses %s', async (_, change) => {
    await expect(sample(denoiser, { ...options, ...change } as never)).rejects.toMatchObject({
      code: 'argument',
    });
  });

  test('a noise prediction cannot start where no signal is left', async () => {
    const full = cosineSchedule({ minSignalLevel: 0 });
    const noise: Denoiser<Array64> = { predicts: 'epsilon', space: float64Space, predict: (x) => ({ ...x }) };
    await expect(sample(noise, { ...options, schedule: full })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });

  test('an abort ends the run with the caller’s reason, and timers tick meanwhile', async () => {
    const controller = new AbortController();
    const slow: Denoiser<Array64> = {
      ...denoiser,
      predict(x, t) {
        const until = performance.now() + 30;
        while (performance.now() < until);
        return denoiser.predict(x, t);
      },
    };
    const timer = setTimeout(() => controller.abort('enough'), 60);
    const run = sample(slow, { ...options, steps: 200, signal: controller.signal });
    await expect(run).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
    clearTimeout(timer);
  });
});

test('toFloat64: a float64 state around a float32 network', async () => {
  const options = { schedule, steps: 10, shape: [3, 2], key: key(4) };
  const tensors = gaussianDenoiser({ ...data, space: tensorSpace });
  await expectNoLeak(async () => {
    const { samples } = await sample(toFloat64(tensors), options);
    expect(samples.data).toBeInstanceOf(Float64Array);
    expect(samples).toBeAllclose((await sample(gaussianDenoiser(data), options)).samples, { atol: 1e-5 });
  });
});
