import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveWeights } from '@lab/models';
import { clipVision } from '@lab/models/clip';
import { disposeTree, engine, tf } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { patchContrast } from '../../src';
import { contentFeatures } from '../../src/cli/content-features';
import { writeTinyStableDiffusion } from '../tiny-stable-diffusion';
import { cliFolder, type CliFolder } from './folder';

let folder: CliFolder;
beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  folder = await cliFolder();
  await writeTinyStableDiffusion(join(folder.cwd, 'diffusers'));
});
afterAll(() => folder.remove());

test('an image is edited by two texts, restored first where it is corrupted', async () => {
  const given = { model: 'diffusers', steps: '3', 'null-steps': '1', source: 'a cat', guidance: '2' };
  const edited = async (options: Record<string, string | true>) => {
    const { report } = await folder.run('edit', ['11.png'], { ...given, ...options, out: 'edit.png' });
    expect(report.shape).toEqual([16, 16, 3]);
    return { report, data: (await folder.pixels('edit.png')).data };
  };
  const [same, dog] = [await edited({ target: 'a cat' }), await edited({ target: 'a dog' })];
  // One and the same text: the edit is the reconstruction.
  expect(same.report.change).toBeCloseTo(same.report.reconstruction as number, 3);
  const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
  expect(apart(dog.data, same.data)).toBeGreaterThan(0);
  const controls = { cross: '1', self: '1' };
  const [swap, weighed] = [
    await edited({ target: 'a dog', ...controls, strip: 'three.png' }),
    await edited({ target: 'a dog', ...controls, weigh: 'dog:0' }),
  ];
  expect(apart(swap.data, weighed.data)).toBeGreaterThan(0);
  expect((await folder.pixels('three.png')).shape).toEqual([16, 3 * 18 - 2, 3]);
  const corrupted = { target: 'a dog', task: 'blur:3,1', degrade: true as const };
  const [pulled, free] = [
    await edited({ ...corrupted, pull: '1' }),
    await edited({ ...corrupted, pull: '0' }),
  ];
  expect(pulled.report.reconstruction).toBe(free.report.reconstruction);
  expect(apart(pulled.data, free.data)).toBeGreaterThan(0);
});

test('what CLIP sees of the image is kept, the more the greater the weight', async () => {
  const vision = {
    hidden_size: 12,
    intermediate_size: 24,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    image_size: 16,
    patch_size: 4,
  };
  const tower = { vision_config: vision, projection_dim: 4 };
  const network = clipVision(tower);
  const params = network.init(key(6));
  await mkdir(join(folder.cwd, 'clip'));
  await writeFile(join(folder.cwd, 'clip', 'config.json'), JSON.stringify(tower));
  const weights = writeSafetensors(await saveWeights(network, params));
  await writeFile(join(folder.cwd, 'clip', 'model.safetensors'), weights);
  disposeTree(params);

  const given = { model: 'diffusers', steps: '6', 'null-steps': '0', source: 'a cat', guidance: '2' };
  const free = { ...given, target: 'a dog', cross: '0', self: '0', out: 'kept.png' };
  const edited = async (options: Record<string, string>) => {
    const { report } = await folder.run('edit', ['11.png'], { ...free, ...options });
    return { data: (await folder.pixels('kept.png')).data, contrast: report.contrast as number };
  };
  const plain = await edited({});
  expect(plain.contrast).toBeUndefined();
  const none = await edited({ content: 'clip', 'content-weight': '0' });
  // Without weight nothing pulls, and the edit is that without content.
  expect(none.data).toEqual(plain.data);
  const [usual, strong] = [
    await edited({ content: 'clip' }),
    await edited({ content: 'clip', 'content-weight': '0.5' }),
  ];
  expect(usual.contrast).toBeLessThan(none.contrast - 0.1);
  expect(strong.contrast).toBeLessThan(usual.contrast);
  // What is reported is what the pictures show, to the rounding of their pixels: the strip begins with the image and ends with the edit.
  const last = await edited({ content: 'clip', strip: 'kept-strip.png' });
  const strip = await folder.pixels('kept-strip.png');
  const { features, dispose } = await contentFeatures(folder.cwd, 'clip');
  const shown = tf.tidy(() => {
    const all = tf.tensor3d(
      Float32Array.from(strip.data, (value) => 2 * value - 1),
      strip.shape as [number, number, number],
    );
    const [image, edit] = [0, 36].map((column) =>
      features(tf.expandDims(tf.slice(all, [0, column, 0], [16, 16, 3]))),
    );
    expect(edit!.shape).toEqual([1, 16, 12]);
    return patchContrast(edit!, image!).dataSync()[0]!;
  });
  dispose();
  expect(Math.abs(shown - last.contrast)).toBeLessThan(0.05);
});

test('a folder that holds no CLIP is told before the model is opened', async () => {
  await mkdir(join(folder.cwd, 'vit'));
  await writeFile(join(folder.cwd, 'vit', 'config.json'), JSON.stringify({ model_type: 'vit' }));
  const given = { source: 'a cat', target: 'a dog', out: 'x.png', model: 'nowhere' };
  await expect(folder.run('edit', ['11.png'], { ...given, content: 'vit' })).rejects.toThrow(
    /no vision tower of CLIP/,
  );
  await expect(folder.run('edit', ['11.png'], { ...given, content: 'none' })).rejects.toThrow(/none/);
  await expect(folder.run('edit', ['11.png'], given)).rejects.toThrow(/nowhere/);
});

test('edit: a model without texts is refused', async () => {
  await folder.run('train', ['0.png', '1.png'], { out: 'model', steps: '1', side: '16', batch: '2' });
  const given = { model: 'model', source: 'a cat', target: 'a dog', out: 'x.png' };
  await expect(folder.run('edit', ['11.png'], given)).rejects.toThrow(/reads no texts/);
});

test.each([
  [{ weigh: 'bird:2' }, /words of the target/],
  [{ cross: '1.5' }, /--cross is a number/],
  [{ source: 'abc def gh', target: 'abc def gh' }, /longer than its places/],
])('edit: %j is refused', async (options, message) => {
  const given = { model: 'diffusers', source: 'a cat', target: 'a dog', out: 'x.png', ...options };
  await expect(folder.run('edit', ['11.png'], given)).rejects.toThrow(message);
});
