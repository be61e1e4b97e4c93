import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { disposeTree, engine, memoryCheckpoints, tf, vjp, type Tensor } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  arrayData,
  classifierFreeGuidance,
  cosineSchedule,
  ddim,
  dpmpp2m,
  heun,
  mlpDenoiser,
  networkDenoiser,
  sample,
  timeSeriesTransformer,
  toFloat64,
  trainDenoiser,
  type Control,
  type DenoisingNetwork,
  type Metadata,
  type SampleOptions,
} from '../src';
import { counted, numbers } from './support/runs';

// ONNX Runtime sums in another order than the WebAssembly engine: what is compared across engines is equal to rounding.

beforeAll(() => engine({ prefer: 'wasm', threads: 1 }));
afterEach(() => engine({ execution: 'auto' }));

const schedule = cosineSchedule();
const [length, channels] = [12, 2];
const metadata = { categories: [3], continuous: 1 };
const networks: [string, DenoisingNetwork<any>][] = [
  ['mlpDenoiser', mlpDenoiser({ shape: [length, channels], width: 16, metadata })],
  [
    'timeSeriesTransformer',
    timeSeriesTransformer({ length, channels, width: 16, heads: 2, layers: 1, patch: 3, metadata }),
  ],
];
const data = arrayData(
  { shape: [40, length, channels], data: Float64Array.from(normal(key(1), [40 * length * channels])) },
  {
    categorical: { shape: [40, 1], data: Float64Array.from({ length: 40 }, (_, i) => i % 3) },
    continuous: { shape: [40, 1], data: Float64Array.from(normal(key(2), [40])) },
  },
);

describe.each(networks)('%s with metadata', (_, network) => {
  const training = {
    network,
    schedule,
    predicts: 'v' as const,
    weighting: 'min-snr' as const,
    data,
    steps: 10,
    batchSize: 8,
    withhold: 0.3,
    ema: { decay: 0.9 },
    key: key(3),
  };

  test('10 compiled training steps are 10 eager ones', async () => {
    await expectNoLeak(async () => {
      const eager = await trainDenoiser({ ...training, engine: 'eager' });
      const compiled = await trainDenoiser({ ...training, engine: 'compiled', threads: 2 });
      expect([eager.engine, compiled.engine]).toEqual(['eager', 'compiled']);
      expect(compiled.losses).toBeAllclose(eager.losses, { rtol: 1e-5 });
      // The steps move a weight by up to 1e-2; Adam's division makes much of rounding where a gradient is nearly 0.
      expect(numbers(compiled.params)).toBeAllclose(numbers(eager.params), { rtol: 1e-4, atol: 2e-5 });
      disposeTree([eager.params, compiled.params]);
    });
  });

  test.each([
    ['eager', 'compiled'],
    ['compiled', 'eager'],
  ] as const)('a checkpoint of a training (%s) is gone on from (%s)', async (first, second) => {
    await expectNoLeak(async () => {
      const whole = await trainDenoiser({ ...training, engine: second });
      const checkpoint = memoryCheckpoints();
      const controller = new AbortController();
      const onStep = ({ step }: { step: number }): void => {
        if (step === 4) controller.abort();
      };
      const stopped = trainDenoiser({
        ...training,
        engine: first,
        checkpoint,
        onStep,
        signal: controller.signal,
      });
      await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
      const resumed = await trainDenoiser({ ...training, engine: second, checkpoint });
      expect([resumed.resumedFrom, resumed.engine]).toEqual([4, second]);
      expect(resumed.losses).toBeAllclose(whole.losses, { rtol: 1e-5 });
      expect(numbers(resumed.params)).toBeAllclose(numbers(whole.params), { rtol: 1e-4, atol: 2e-5 });
      disposeTree([whole.params, resumed.params]);
    });
  });

  const condition = (): Metadata => {
    const { x0, condition: known } = data.batch([0, 1, 2]);
    x0.dispose();
    return known!;
  };
  const drawn = async (options: Partial<SampleOptions<Tensor, Metadata>>): Promise<number[]> => {
    const params = network.init(key(0));
    const known = condition();
    const denoiser = networkDenoiser(network, params, { predicts: 'v', schedule });
    const { samples } = await sample(denoiser, {
      schedule,
      steps: 6,
      shape: [3, length, channels],
      key: key(5),
      condition: known,
      ...options,
    });
    const found = numbers(samples);
    disposeTree([samples, params, known]);
    denoiser.dispose!();
    return found;
  };

  test.each([ddim(), ddim({ eta: 1 }), dpmpp2m(), heun()].map((solver) => [solver.name, solver] as const))(
    'sampling by %s: compiled is eager, and leaks nothing',
    async (_name, solver) => {
      await expectNoLeak(async () => {
        const eager = await drawn({ solver, engine: 'eager' });
        const compiled = await drawn({ solver, engine: 'compiled' });
        expect(compiled).toBeAllclose(eager, { rtol: 1e-4, atol: 1e-5 });
        expect(await drawn({ solver, engine: 'compiled' })).toEqual(compiled);
      });
    },
  );

  test('guided, around a float64 state: the engine goes down through the wrappers', async () => {
    await expectNoLeak(async () => {
      const counter = counted(network);
      const params = network.init(key(0));
      const known = condition();
      const plain = networkDenoiser(counter, params, { predicts: 'v', schedule });
      const denoiser = toFloat64(classifierFreeGuidance(plain, { scale: 2 }));
      const guided = async (choice: 'eager' | 'compiled'): Promise<Array64> => {
        const settings = { schedule, steps: 6, shape: [3, length, channels], key: key(5), condition: known };
        counter.calls = 0;
        return (await sample(denoiser, { ...settings, engine: choice })).samples;
      };
      const eager = await guided('eager');
      expect(counter.calls).toBe(12);
      const compiled = await guided('compiled');
      expect(counter.calls).toBe(2); // traced with the condition and without
      expect(compiled.data).toBeAllclose(eager.data, { rtol: 1e-4, atol: 1e-5 });
      denoiser.dispose!();
      expect((await guided('compiled')).data).toEqual(compiled.data);
      expect(counter.calls).toBe(2); // anew after dispose
      denoiser.dispose!();
      disposeTree([params, known]);
    });
  });

  test('a control that differentiates through the denoiser does, in a compiled run', async () => {
    await expectNoLeak(async () => {
      // Moves the state along the gradient of |prediction|^2 / 2, taken through the network.
      const guide: Control = {
        name: 'gradient',
        state: (xNext, { denoiser, x, t, condition: known, context }) =>
          tf.tidy(() => {
            const predict = (state: Tensor): Tensor =>
              denoiser.predict(state, t, known, context) as unknown as Tensor;
            const { value, grads } = vjp(predict)(x, predict(x));
            value.dispose();
            return tf.sub(xNext, tf.mul(grads, 30));
          }),
      };
      const controls = [guide];
      const free = await drawn({ engine: 'compiled' });
      const eager = await drawn({ controls, engine: 'eager' });
      const compiled = await drawn({ controls, engine: 'compiled' });
      expect(compiled).toBeAllclose(eager, { rtol: 1e-4, atol: 1e-5 });
      expect(compiled).not.toBeAllclose(free, { rtol: 1e-2, atol: 1e-2 });
    });
  });
});
