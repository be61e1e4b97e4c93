import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, encodePng, type ImageArray } from '@lab/datasets/images';
import { loadDigits } from '@lab/datasets/node';
import type { CommandArgs, CommandIo } from '@lab/experiment';
import { saveWeights } from '@lab/models';
import { smallModels } from '@lab/models/small';
import { taef2Decoder, taef2Encoder } from '@lab/models/taef2';
import { disposeTree, engine, hostArray, tf, type Tensor } from '@lab/tensor-core';
import { exportOnnx } from '@lab/tensor-core/compile';
import { writeNpy, writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '@lab/testing';
import { commands } from '../../src/cli';
import { shownSteps } from '../../src/cli/shown-steps';

const [edit] = commands as [(typeof commands)[number]];
let folder = '';

/** The digit 7 that is the first of the test images, and a small colour ramp. */
beforeAll(async () => {
  await engine();
  folder = await mkdtemp(join(tmpdir(), 'lab-rf-inversion-'));
  const { images } = await loadDigits({ split: 'test' });
  const digit = Float64Array.from(images.subarray(0, 784), (grey) => grey / 255);
  await writeFile(join(folder, 'seven.png'), encodePng({ shape: [28, 28, 1], data: digit }));
  const ramp = Float64Array.from({ length: 16 * 16 * 3 }, (_, i) => (i % 40) / 40);
  await writeFile(join(folder, 'ramp.png'), encodePng({ shape: [16, 16, 3], data: ramp }));
  // u = 0.3 x + c - t, channels first.
  const field = (x: Tensor, t: Tensor, c: Tensor): Tensor =>
    tf.add(tf.mul(x, 0.3), tf.reshape(tf.sub(c, t), [1, 1, 1, 1]));
  const example = (channels: number, side: number) =>
    [tf.zeros([1, channels, side, side]), tf.tensor1d([0.5]), tf.tensor1d([1])] as [Tensor, Tensor, Tensor];
  await writeFile(join(folder, 'pixels.onnx'), exportOnnx(field, example(3, 16)));
  await writeFile(join(folder, 'latents.onnx'), exportOnnx(field, example(32, 2)));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(image: string, options: Record<string, string | true>) {
  const defaults = Object.fromEntries(edit.options.map((option) => [option.flag, option.default]));
  let stdout = '';
  const io: CommandIo = {
    stdout: (text) => void (stdout += text),
    stderr: () => undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
    cwd: folder,
  };
  const args: CommandArgs = { arguments: [image], options: { ...defaults, out: 'out.png', ...options } };
  const code = await edit.run(args, io);
  const made = decodeImage(await readFile(join(folder, 'out.png')), { channels: 3 });
  return {
    code,
    made,
    report: JSON.parse(stdout) as { distance: number; modelCalls: number; model: string },
  };
}

const read = async (name: string): Promise<ImageArray> =>
  decodeImage(await readFile(join(folder, name)), { channels: 3 });

// Needs the flow's weights in the package.
test.skipIf(!smallModels['digits-flow'].packaged)(
  'a digit becomes another; pulled all the way it comes back as it was',
  async () => {
    const options = { steps: '12', engine: 'eager' };
    const other = await run('seven.png', { ...options, target: '1', strip: 'way.png', 'strip-steps': '3' });
    expect(other.code).toBe(0);
    expect(other.report.model).toBe('digits-flow');
    // 12 to invert; 12 to edit, each of them with and without the class
    expect(other.report.modelCalls).toBe(24);
    expect(other.report.distance).toBeGreaterThan(0.05);
    // the image and three states of each half, two white columns between neighbours
    expect((await read('way.png')).shape).toEqual([28, 7 * 30 - 2, 3]);
    const kept = await run('seven.png', { ...options, target: '1', eta: '1', stop: '12' });
    expect(kept.made).toBeAllclose(await read('seven.png'), { atol: 1 / 255 });
    const dark = await run('seven.png', { ...options, eta: '1', stop: '12', negative: true });
    const { data } = await read('seven.png');
    expect(dark.made.data).toBeAllclose(
      data.map((each) => 1 - each),
      { atol: 1 / 255 },
    );
  },
);

test("a user's own field: the numbers of its condition, from the command or a file", async () => {
  const options = {
    'x-input': 'input0',
    't-input': 'input1',
    model: 'pixels.onnx',
    steps: '4',
    gamma: '0',
    eta: '0',
  };
  const same = await run('ramp.png', { ...options, source: '0.4' });
  const moved = await run('ramp.png', { ...options, source: '0.4', target: '0.2' });
  // By hand: Euler up with c = 0.4, Euler down with c.
  const byHand = (down: number) => (pixel: number) => {
    let x = 2 * pixel - 1;
    for (let i = 0; i < 4; i++) x += 0.25 * (0.3 * x + 0.4 - i / 4);
    for (let i = 4; i > 0; i--) x -= 0.25 * (0.3 * x + down - i / 4);
    return Math.min(1, Math.max(0, (x + 1) / 2));
  };
  const { data } = await read('ramp.png');
  expect(same.made.data).toBeAllclose(data.map(byHand(0.4)), { atol: 0.5 / 255 + 1e-5 });
  expect(moved.made.data).toBeAllclose(data.map(byHand(0.2)), { atol: 0.5 / 255 + 1e-5 });
  const values = hostArray({ shape: [1], dtype: 'float32', data: Float32Array.of(0.2) });
  await writeFile(join(folder, 'c.npy'), writeNpy(values));
  const fromFile = await run('ramp.png', { ...options, source: '0.4', target: 'c.npy' });
  expect(fromFile.made).toEqual(moved.made);
});

test('in the latent space of TAEF2, held to the image, the autoencoder alone is left', async () => {
  for (const [name, network] of [
    ['encoder', taef2Encoder()],
    ['decoder', taef2Decoder()],
  ] as const) {
    const params = network.init(key(name.length));
    const bytes = writeSafetensors(await saveWeights(network, params));
    await writeFile(join(folder, `taef2_${name}.safetensors`), bytes);
    disposeTree(params);
  }
  const options = {
    'x-input': 'input0',
    't-input': 'input1',
    model: 'latents.onnx',
    source: '1',
    steps: '3',
  };
  const held = { ...options, eta: '1', stop: '3', strip: 'way.png' };
  const { made } = await run('ramp.png', { ...held, autoencoder: '.' });
  const way = await read('way.png');
  const [, width] = way.shape as [number, number];
  // The last picture of the strip is the result.
  const last = Float64Array.from({ length: 16 * 16 * 3 }, (_, i) => {
    const [row, rest] = [Math.floor(i / 48), i % 48];
    return way.data[(row * width + width - 16) * 3 + rest]!;
  });
  expect(made.data).toBeAllclose(last, { atol: 1e-9 });
  await expectNoLeak(async () => {
    const files = 'taef2_encoder.safetensors,taef2_decoder.safetensors';
    const again = await run('ramp.png', { ...held, autoencoder: files });
    expect(again.made).toEqual(made);
  });
  await expect(run('ramp.png', { ...options, autoencoder: 'nowhere' })).rejects.toThrow(/autoencoder/);
});

test('a folder is no flow: one of Stable Diffusion is told what edits by it', async () => {
  await mkdir(join(folder, 'sd', 'unet'), { recursive: true });
  await expect(run('ramp.png', { model: 'sd' })).rejects.toThrow(/--model is a folder/);
  await writeFile(join(folder, 'sd', 'unet', 'config.json'), '{}');
  await expect(run('ramp.png', { model: 'sd' })).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/no rectified flows.*lab stsl edit --model sd/s) as string,
  });
});

test('what cannot be is refused in words', async () => {
  const own = { model: 'pixels.onnx', 'x-input': 'input0', 't-input': 'input1' };
  await expect(run('none.png', own)).rejects.toThrow(/no file/);
  await expect(run('seven.png', { target: '12' })).rejects.toThrow(/--target/);
  await expect(run('seven.png', { gamma: '2' })).rejects.toThrow(/--gamma/);
  await expect(run('seven.png', { start: '9', stop: '3' })).rejects.toThrow(/--stop/);
  await expect(run('ramp.png', { ...own, size: '64' })).rejects.toThrow(/size of its own/);
  if (!smallModels['digits-flow'].packaged)
    await expect(run('seven.png', { target: '1' })).rejects.toThrow(/train:fixtures/);
  const wrong = { model: 'pixels.onnx', 'x-input': 'x' };
  await expect(run('ramp.png', wrong)).rejects.toThrow(/input/);
  await expect(
    run('ramp.png', { model: 'latents.onnx', 'x-input': 'input0', 't-input': 'input1' }),
  ).rejects.toThrow(/--autoencoder/);
});

test('the steps that a strip shows', () => {
  expect([...shownSteps(28, 4)]).toEqual([6, 13, 20, 27]);
  expect([...shownSteps(2, 6)]).toEqual([0, 1]);
});
