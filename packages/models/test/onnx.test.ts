import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mlpDenoiser, networkDenoiser, rectifiedFlowSchedule, sample } from '@lab/diffusion-core';
import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { exportOnnx } from '@lab/tensor-core/compile';
import { hostArray, toFloat32 } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { onnxDenoiser } from '@lab/models/onnx';
import { loadStableDiffusion, unet2dCondition } from '@lab/models/stable-diffusion';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test, vi } from 'vitest';
import { toHalves } from '../src/onnx/half';
import { drawnTensor, drawnWeights } from './drawn';

await engine({ prefer: 'wasm' });

const close = { rtol: 1e-4, atol: 1e-4 };
const { unet: config } = loadGolden<{ unet: Parameters<typeof unet2dCondition>[0] }>(
  import.meta.dirname,
  'stable-diffusion',
);

describe('a network of ours, exported', () => {
  const unet = unet2dCondition(config);
  const schedule = rectifiedFlowSchedule();
  const names = { x: 'input0', t: 'input1' };

  test(
    'predicts and samples the same through the file',
    () =>
      expectNoLeak(async () => {
        const params = loadStableDiffusion(unet, drawnWeights(unet));
        const [x, context, t] = [
          drawnTensor(5, [2, 8, 8, 4]),
          drawnTensor(6, [2, 5, 12]),
          tf.tensor1d([1, 1]),
        ];
        const bytes = exportOnnx(
          (state: Tensor, times: Tensor, text: Tensor) => unet.apply(params, state, times, text),
          [x, t, context],
        );
        const time = (at: number): number => 1000 * at;
        const ours = networkDenoiser(unet, params, { predicts: 'velocity', time });
        const theirs = await onnxDenoiser(bytes, { predicts: 'velocity', inputs: names, time, threads: 1 });
        expect(theirs.inputs.map(({ name, shape }) => [name, shape])).toEqual([
          ['input0', [2, 8, 8, 4]],
          ['input1', [2]],
          ['input2', [2, 5, 12]],
        ]);
        for (const at of [0.1, 0.7]) {
          const [expected, y] = [await ours.predict(x, at, context), await theirs.predict(x, at, context)];
          expect(y).toBeAllclose(expected, close);
          disposeTree([expected, y]);
        }
        const run = { schedule, init: x, steps: 4, key: key(0), condition: context };
        const [first, second] = [await sample(ours, run), await sample(theirs, run)];
        expect(second.samples).toBeAllclose(first.samples, { rtol: 1e-3, atol: 1e-3 });
        // Disposed of, it starts again.
        theirs.dispose();
        const again = await theirs.predict(x, 0.1, context);
        const expected = await ours.predict(x, 0.1, context);
        expect(again).toBeAllclose(expected, close);
        theirs.dispose();
        ours.dispose?.();
        disposeTree([params, x, context, t, first.samples, second.samples, again, expected]);
      }),
    60_000,
  );

  test('needs no condition where the file has no further input', () =>
    expectNoLeak(async () => {
      const network = mlpDenoiser({ shape: [3], width: 16 });
      const params = network.init(key(1));
      const [x, t] = [drawnTensor(9, [4, 3]), tf.fill([4], 0.5)];
      const bytes = exportOnnx((state: Tensor, times: Tensor) => network.apply(params, state, times), [x, t]);
      const [ours, theirs] = [
        networkDenoiser(network, params, { predicts: 'velocity' }),
        await onnxDenoiser(bytes, { predicts: 'velocity', inputs: names }),
      ];
      const [expected, y] = [await ours.predict(x, 0.5), await theirs.predict(x, 0.5)];
      expect(y).toBeAllclose(expected, close);
      theirs.dispose();
      disposeTree([params, x, t, expected, y]);
    }));
});

describe("a file with an exported U-Net's inputs", () => {
  const golden = loadGolden<{ output: number[][][][] }>(import.meta.dirname, 'denoiser');
  const bytes = readFileSync(join(import.meta.dirname, 'golden', 'denoiser.onnx'));
  const options = {
    predicts: 'epsilon',
    inputs: { x: 'sample', t: 'timestep' },
    output: 'out_sample',
    condition: (text: Tensor) => ({ encoder_hidden_states: text }),
    time: (t: number) => 1000 * t - 1,
    channels: 'first',
  } as const;
  const stateOf = () => {
    const first = drawnTensor(1, [2, 4, 3, 5]);
    const last = tf.tidy(() => tf.transpose(first, [0, 2, 3, 1]));
    first.dispose();
    return last;
  };

  test('halves, whole times, open sizes and channels first: equal to onnxruntime in Python', () =>
    expectNoLeak(async () => {
      const denoiser = await onnxDenoiser(bytes, options);
      const [x, text] = [stateOf(), drawnTensor(2, [2, 6, 3])];
      const y = await denoiser.predict(x, 0.5, text);
      const first = tf.tidy(() => tf.transpose(y, [0, 3, 1, 2]));
      expect(y.dtype).toBe('float32');
      expect(first).toBeAllclose(golden.output, { rtol: 0, atol: 1e-6 });
      denoiser.dispose();
      disposeTree([x, text, y, first]);
    }));

  test('what does not fit is refused with what the file has', () =>
    expectNoLeak(async () => {
      const wrong = async (change: object) => onnxDenoiser(bytes, { ...options, ...change });
      await expect(wrong({ inputs: { x: 'x', t: 'timestep' } })).rejects.toThrow(/sample, timestep/);
      await expect(wrong({ inputs: { x: 'sample', t: 't' } })).rejects.toThrow(/inputs.t/);
      await expect(wrong({ output: 'y' })).rejects.toThrow(/out_sample, other/);
      await expect(wrong({ output: undefined })).rejects.toThrow(/several outputs/);
      await expect(onnxDenoiser(new Uint8Array([1, 2, 3]), options)).rejects.toMatchObject({
        code: 'format',
      });
      await expect(wrong({ executionProviders: ['nonsense'] })).rejects.toMatchObject({
        code: 'unsupported',
      });
      const [x, text] = [stateOf(), drawnTensor(2, [2, 6, 3])];
      const denoiser = await onnxDenoiser(bytes, options);
      await expect(denoiser.predict(text, 0.5, text)).rejects.toThrow(/another shape.*sample/);
      await expect(denoiser.predict(x, 0.5)).rejects.toThrow(/nothing is given.*encoder_hidden_states/);
      await expect(denoiser.predict(x, 0.5, x)).rejects.toThrow(/condition.encoder_hidden_states/);
      const last = await wrong({ channels: 'last' });
      await expect(last.predict(x, 0.5, text)).rejects.toMatchObject({ code: 'shape' });
      const other = await wrong({ output: 'other' });
      await expect(other.predict(x, 0.5, text)).rejects.toThrow(/no prediction/);
      const misnamed = await wrong({ condition: (c: Tensor) => ({ text: c }) });
      await expect(misnamed.predict(x, 0.5, text)).rejects.toThrow(/condition/);
      for (const each of [denoiser, last, other, misnamed]) each.dispose();
      disposeTree([x, text]);
    }));
});

test('without onnxruntime-node it says what to install', async () => {
  vi.resetModules();
  vi.doMock('onnxruntime-node', () => {
    throw new Error("Cannot find package 'onnxruntime-node'");
  });
  try {
    const { onnxDenoiser: fresh } = await import('../src/onnx');
    const started = fresh('model.onnx', { predicts: 'v', inputs: { x: 'x', t: 't' } });
    await expect(started).rejects.toMatchObject({ code: 'missing' });
  } finally {
    vi.doUnmock('onnxruntime-node');
  }
});

test('halves: the words of known numbers', () => {
  // IEEE 754 binary16: one, the largest, ties to even, the smallest, what is too small or too large.
  const known = [
    0,
    -0,
    1,
    -2,
    65504,
    65519.9,
    65520,
    2049,
    2051,
    2 ** -24,
    2 ** -25,
    2 ** -14,
    0.1,
    Infinity,
  ];
  const words = [
    ...[0, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x7bff, 0x7c00, 0x6800, 0x6802],
    ...[1, 0, 0x0400, 0x2e66, 0x7c00],
  ];
  expect([...toHalves(known)]).toEqual(words);
  expect(toHalves([Number.NaN])[0]! & 0x7c00).toBe(0x7c00);
  expect(toHalves([Number.NaN])[0]! & 0x3ff).not.toBe(0);
});

property.prop([fc.integer({ min: 0, max: 0xffff })])(
  'halves: every word survives the way there and back',
  (word) => {
    const { data } = toFloat32(hostArray({ shape: [1], dtype: 'float16', data: Uint16Array.of(word) }));
    if (!Number.isNaN(data[0]!)) expect(toHalves(data)[0]).toBe(word);
  },
);
