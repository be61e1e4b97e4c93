import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  arrayData,
  cosineSchedule,
  heun,
  mlpDenoiser,
  networkDenoiser,
  sample,
  trainDenoiser,
  type DenoisingNetwork,
  type SampleOptions,
} from '../src';
import { counted, numbers } from './support/runs';

beforeAll(() => engine({ prefer: 'wasm', threads: 1 }));
afterEach(() => engine({ execution: 'auto' }));

const schedule = cosineSchedule();
const [length, channels] = [12, 2];
const data = arrayData({
  shape: [40, length, channels],
  data: Float64Array.from(normal(key(1), [40 * length * channels])),
});

describe('which engine a run has', () => {
  const network = counted(mlpDenoiser({ shape: [4], width: 8 }));
  const run = async (
    options: Partial<SampleOptions<Tensor>>,
    denoising: DenoisingNetwork<any> = network,
  ): Promise<{ numbers: number[]; calls: number }> => {
    const params = mlpDenoiser({ shape: [4], width: 8 }).init(key(0));
    const denoiser = networkDenoiser(denoising, params, { predicts: 'v', schedule });
    network.calls = 0;
    try {
      const { samples } = await sample(denoiser, { schedule, shape: [2, 4], key: key(5), ...options });
      const found = { numbers: numbers(samples), calls: network.calls };
      samples.dispose();
      return found;
    } finally {
      denoiser.dispose!();
      disposeTree(params);
    }
  };
  let notices: ReturnType<typeof vi.spyOn>;
  beforeEach(() => {
    notices = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });
  afterEach(() => {
    notices.mockRestore();
  });

  test('auto compiles from 20 model calls on, whatever ran before, and says nothing', async () => {
    expect((await run({ steps: 19 })).calls).toBe(19);
    expect((await run({ steps: 20 })).calls).toBe(1);
    expect((await run({ steps: 11, solver: heun() })).calls).toBe(1);
    expect(await run({ steps: 19 })).toEqual(await run({ steps: 19, engine: 'eager' }));
    expect(await run({ steps: 20 })).toEqual(await run({ steps: 20, engine: 'compiled' }));
    expect(notices).not.toHaveBeenCalled();
  });

  test('the process has a say where the run has none', async () => {
    await engine({ execution: 'eager' });
    expect((await run({ steps: 30 })).calls).toBe(30);
    expect((await run({ steps: 30, engine: 'compiled' })).calls).toBe(1);
    await engine({ execution: 'compiled' });
    expect((await run({ steps: 3 })).calls).toBe(1);
    expect((await run({ steps: 3, engine: 'eager' })).calls).toBe(3);
  });

  test('an engine that does not exist is refused', async () => {
    await expect(run({ engine: 'fast' as never })).rejects.toMatchObject({ code: 'argument' });
  });

  test.each([
    // What it reads decides nothing here, but a graph cannot know.
    ['reads values', (x: Tensor) => tf.mul(x, x.dataSync().length > 0 ? 0.5 : 1), undefined],
    [
      'is told an array of the host',
      (x: Tensor, by: unknown) => tf.mul(x, (by as Float32Array)[0]!),
      Float32Array.of(0.5),
    ],
  ])('a network that %s runs eagerly, with one notice; compiled is refused', async (_, half, condition) => {
    await expectNoLeak(async () => {
      const reading: DenoisingNetwork<any> = { init: () => ({}), apply: (_p, x, _t, by) => half(x, by) };
      const options = { steps: 25, condition };
      const eager = await run({ ...options, engine: 'eager' }, reading);
      expect(notices).not.toHaveBeenCalled();
      expect(await run(options, reading)).toEqual(eager);
      expect(await run(options, reading)).toEqual(eager);
      expect(notices).toHaveBeenCalledExactlyOnceWith(
        expect.stringMatching(
          /^a denoiser runs eagerly, op by op: compile: .*(reads the values|array of the host)/,
        ),
        { type: 'LabNotice', code: 'LAB_EAGER' },
      );
      const refused = run({ ...options, engine: 'compiled' }, reading);
      await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/unsupported|argument/) });
    });
  });

  test('what the network itself refuses is no reason to run eagerly', async () => {
    await expectNoLeak(async () => {
      const conditional = mlpDenoiser({ shape: [4], width: 8, metadata: { continuous: 2 } });
      const params = conditional.init(key(0));
      const condition = { continuous: tf.zeros([2, 3]) };
      const denoiser = networkDenoiser(conditional, params, { predicts: 'v', schedule });
      const wrong = sample(denoiser, { schedule, shape: [2, 4], key: key(0), condition });
      await expect(wrong).rejects.toMatchObject({ code: 'shape' });
      expect(notices).not.toHaveBeenCalled();
      disposeTree([params, condition]);
    });
  });

  test('a network that returns its state keeps it the sampler’s', async () => {
    await expectNoLeak(async () => {
      const identity: DenoisingNetwork<any> = { init: () => ({}), apply: (_, x) => x };
      const eager = await run({ steps: 5, engine: 'eager' }, identity);
      expect((await run({ steps: 5, engine: 'compiled' }, identity)).numbers).toBeAllclose(eager.numbers, {
        rtol: 1e-6,
      });
    });
  });

  test('training of a network that cannot be compiled goes on eagerly, and its result says so', async () => {
    const inner = mlpDenoiser({ shape: [length, channels], width: 8 });
    const reading: DenoisingNetwork<any> = {
      ...inner,
      apply: (params, x, t) => tf.mul(inner.apply(params, x, t), x.dataSync().length > 0 ? 1 : 2),
    };
    const settings = { schedule, predicts: 'v', data, steps: 50, batchSize: 4, key: key(0) } as const;
    const trained = await trainDenoiser({ ...settings, network: reading });
    const plain = await trainDenoiser({ ...settings, network: inner, engine: 'eager' });
    expect(trained.engine).toBe('eager');
    expect(trained.warnings).toEqual([
      expect.stringMatching(/^training eagerly, op by op: .*reads the values/),
    ]);
    expect(trained.losses).toBeAllclose(plain.losses, { rtol: 1e-6 });
    disposeTree([trained.params, plain.params]);
  });
});
