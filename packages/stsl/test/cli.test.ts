import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeImage, encodePng } from '@lab/datasets/images';
import type { CommandIo } from '@lab/experiment';
import { commands } from '../src/cli';
import { asPicture, imagesOf } from '../src/batch-images';
import { ellipses } from '../src/experiments/images/ellipses';
import { saveWeights } from '@lab/models';
import { clipVision } from '@lab/models/clip';
import { disposeTree, engine, tf } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { foldIn, key } from '@lab/tensor-core/random';
import { fromArray64 } from '@lab/diffusion-core';
import { gaussianBlur, gaussianNoise, ldps as ldpsMethod, patchContrast, restoreBy } from '../src';
import { contentFeatures } from '../src/cli/content-features';
import { methodWords } from '../src/cli/method-option';
import { openModel } from '../src/cli/open-model';
import { writeTinyStableDiffusion } from './tiny-stable-diffusion';

let cwd = '';
beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  cwd = await mkdtemp(join(tmpdir(), 'stsl-'));
  for (const [n, image] of imagesOf(ellipses(key(4), 12)).entries())
    await writeFile(join(cwd, `${n}.png`), encodePng(asPicture(image)));
  const mask = Float64Array.from({ length: 256 }, (_, at) => (at % 16 < 10 ? 1 : 0));
  await writeFile(join(cwd, 'mask.png'), encodePng({ shape: [16, 16, 1], data: mask }));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function run(name: string, args: readonly string[], options: Record<string, string | true>) {
  const command = commands.find((each) => each.name === name)!;
  let out = '';
  const io: CommandIo = {
    stdout: (text) => (out += text),
    stderr: () => undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
    cwd,
  };
  const defaults = Object.fromEntries(
    command.options.flatMap(({ flag, default: value }) => (value === undefined ? [] : [[flag, value]])),
  );
  const code = await command.run({ arguments: args, options: { ...defaults, ...options } }, io);
  return { code, report: JSON.parse(out) as Record<string, unknown> };
}

const pixels = async (name: string) => decodeImage(await readFile(join(cwd, name)));

test('a model is trained on images of the user and restores another one, with its steps', async () => {
  const training = Array.from({ length: 11 }, (_, n) => `${n}.png`);
  const trained = await run('train', training, { out: 'model', steps: '30', side: '16', batch: '8' });
  expect(trained).toMatchObject({ code: 0, report: { images: 11, steps: 30 } });

  const few = { model: 'model', steps: '8', inner: '3', noise: '0.02' };
  const { code, report } = await run('restore', ['11.png'], {
    ...few,
    task: 'super-resolution:2',
    degrade: true,
    out: 'restored.png',
    strip: 'strip.png',
  });
  expect(code).toBe(0);
  expect(report).toMatchObject({ shape: [16, 16, 3], evaluations: 24 });
  // The report's number is that of the file, up to the rounding to 255 levels.
  const [restored, truth] = [await pixels('restored.png'), await pixels('11.png')];
  const squares = restored.data.reduce((sum, value, i) => sum + (value - truth.data[i]!) ** 2, 0);
  expect(10 * Math.log10(restored.data.length / squares)).toBeCloseTo(report.psnr as number, 1);
  // The measurement, six steps, the result and the truth, with gaps of two.
  expect((await pixels('strip.png')).shape).toEqual([16, 9 * 18 - 2, 3]);

  // An image that is the measurement itself: twice its size comes out.
  const enlarged = await run('restore', ['11.png'], {
    ...few,
    task: 'super-resolution:2',
    out: 'large.png',
  });
  expect(enlarged.report).toMatchObject({ shape: [32, 32, 3] });
  expect(enlarged.report.psnr).toBeUndefined();

  // What is seen comes nearer to the truth with the measurement's pull than without it, from the same noise.
  const seen: number[] = [];
  for (const inner of ['0', '3']) {
    const filled = { ...few, inner, task: 'inpaint', mask: 'mask.png', degrade: true as const };
    await run('restore', ['11.png'], { ...filled, out: 'filled.png' });
    const { data } = await pixels('filled.png');
    seen.push(data.reduce((sum, value, i) => sum + (i % 48 < 30 ? (value - truth.data[i]!) ** 2 : 0), 0));
  }
  expect(seen[1]).toBeLessThan(seen[0]! / 2);
});

test('every method restores with a model of the user, at the cost that it reports', async () => {
  const given = { model: 'model', steps: '4', task: 'inpaint', mask: 'mask.png', degrade: true as const };
  const costs: Record<string, number> = {};
  for (const method of methodWords) {
    const { report } = await run('restore', ['11.png'], { ...given, method, out: `${method}.png` });
    expect(report.shape).toEqual([16, 16, 3]);
    costs[method] = report.scoreEvaluations as number;
  }
  // STSL: five inner steps of two at four levels, and one each for the sampler; moment matching asks twice.
  expect(costs).toEqual({
    ...{ stsl: 44, ldps: 4, dps: 4, 'gml-dps': 4, psld: 4, p2l: 4, diffpir: 4, resample: 4, mmps: 8 },
  });
  const files = await Promise.all(methodWords.map((method) => pixels(`${method}.png`)));
  // The pixels' autoencoder is the identity: there GML-DPS is LDPS, and no other two are alike.
  const kinds = new Set(files.map(({ data }) => data.join()));
  expect(kinds.size).toBe(methodWords.length - 1);
});

test("Stable Diffusion from a folder of diffusers: a text is read, and P2L tunes it at twice LDPS's cost", async () => {
  await writeTinyStableDiffusion(join(cwd, 'diffusers'));
  const given = { model: 'diffusers', steps: '3', inner: '2', task: 'blur:3,1', degrade: true as const };
  const restored = async (options: Record<string, string>) => {
    const { report } = await run('restore', ['11.png'], { ...given, ...options, out: 'text.png' });
    expect(report.shape).toEqual([16, 16, 3]);
    return { report, data: (await pixels('text.png')).data };
  };
  // Three of the inversion, two for each inner step, and the sampler's three.
  const [cat, dog] = [await restored({ prompt: 'a cat' }), await restored({ prompt: 'a dog' })];
  expect(cat.report).toMatchObject({ method: 'STSL', evaluations: 6, scoreEvaluations: 3 + 3 * 2 * 2 + 3 });
  expect(cat.data.join()).not.toBe(dog.data.join());

  const ldps = await restored({ method: 'ldps', prompt: 'a cat' });
  const tuned = await restored({ method: 'p2l', prompt: 'a cat' });
  const still = await restored({ method: 'p2l', prompt: 'a cat', 'prompt-steps': '0' });
  // Three for the inversion that the start is made by, then one a step, and one more for each step of Adam.
  const costs = [ldps, tuned, still].map(({ report }) => report.scoreEvaluations);
  expect(costs).toEqual([6, 9, 6]);

  // The library with the same parts and key makes the same file.
  const { model, unit, pipeline, dispose } = await openModel(cwd, 'diffusers');
  expect(unit).toBe(4);
  const clean = fromArray64({
    shape: [1, 16, 16, 3],
    data: (await pixels('11.png')).data.map((value) => 2 * value - 1),
  });
  const operator = gaussianBlur({ size: 3, deviation: 1 });
  const condition = pipeline!.embed(['a cat']);
  const y = tf.tidy(() =>
    gaussianNoise(operator.forward(clean), { deviation: 0.05, key: foldIn(key(0), 0) }),
  );
  const { images, latents } = await restoreBy(y, operator, model, {
    ...{ method: ldpsMethod(), steps: 3, init: 'ddimForward', condition, key: foldIn(key(0), 1) },
  });
  const values = await images.data();
  const far = Math.max(...ldps.data.map((value, i) => Math.abs(value - (values[i]! + 1) / 2)));
  expect(far).toBeLessThan(0.6 / 255);
  tf.dispose([clean, condition, y, images, latents]);
  dispose();
});

test('an image is edited by two texts, restored first where it is corrupted', async () => {
  const given = { model: 'diffusers', steps: '3', 'null-steps': '1', source: 'a cat', guidance: '2' };
  const edited = async (options: Record<string, string | true>) => {
    const { report } = await run('edit', ['11.png'], { ...given, ...options, out: 'edit.png' });
    expect(report.shape).toEqual([16, 16, 3]);
    return { report, data: (await pixels('edit.png')).data };
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
  expect((await pixels('three.png')).shape).toEqual([16, 3 * 18 - 2, 3]);
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
  await mkdir(join(cwd, 'clip'));
  await writeFile(join(cwd, 'clip', 'config.json'), JSON.stringify(tower));
  const weights = writeSafetensors(await saveWeights(network, params));
  await writeFile(join(cwd, 'clip', 'model.safetensors'), weights);
  disposeTree(params);

  const given = { model: 'diffusers', steps: '6', 'null-steps': '0', source: 'a cat', guidance: '2' };
  const free = { ...given, target: 'a dog', cross: '0', self: '0', out: 'kept.png' };
  const edited = async (options: Record<string, string>) => {
    const { report } = await run('edit', ['11.png'], { ...free, ...options });
    return { data: (await pixels('kept.png')).data, contrast: report.contrast as number };
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
  const strip = await pixels('kept-strip.png');
  const { features, dispose } = await contentFeatures(cwd, 'clip');
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
  await mkdir(join(cwd, 'vit'));
  await writeFile(join(cwd, 'vit', 'config.json'), JSON.stringify({ model_type: 'vit' }));
  const given = { source: 'a cat', target: 'a dog', out: 'x.png', model: 'nowhere' };
  await expect(run('edit', ['11.png'], { ...given, content: 'vit' })).rejects.toThrow(
    /no vision tower of CLIP/,
  );
  await expect(run('edit', ['11.png'], { ...given, content: 'none' })).rejects.toThrow(/none/);
  await expect(run('edit', ['11.png'], given)).rejects.toThrow(/nowhere/);
});

test.each([
  [{ model: 'model' }, /reads no texts/],
  [{ weigh: 'bird:2' }, /words of the target/],
  [{ cross: '1.5' }, /--cross is a number/],
  [{ source: 'abc def gh', target: 'abc def gh' }, /longer than its places/],
])('edit: %j is refused', async (options, message) => {
  const given = { model: 'diffusers', source: 'a cat', target: 'a dog', out: 'x.png', ...options };
  await expect(run('edit', ['11.png'], given)).rejects.toThrow(message);
});

test.each([
  [{ task: 'denoise', method: 'magic' }, /--method is one of/],
  [{ task: 'denoise', method: 'psld', lambda: '0.1' }, /--lambda says nothing to --method psld/],
  [{ task: 'denoise', strength: '0.1' }, /--strength says nothing to --method stsl/],
  [{ task: 'denoise', method: 'resample', strength: '1' }, /--strength says nothing to/],
  [{ task: 'denoise', method: 'p2l', 'prompt-steps': '2' }, /--prompt-steps says nothing to/],
  [{ task: 'denoise', method: 'mmps', noise: '0' }, /needs the noise's deviation/],
  [{ task: 'denoise', prompt: 'a cat' }, /reads no texts/],
  [{ task: 'saturated-blur:3,1', method: 'psld', steps: '2' }, /has no adjoint/],
  [{ task: 'sharpen' }, /--task is none/],
  [{ task: 'blur:a,b' }, /--task is none/],
  [{ task: 'inpaint' }, /needs the mask/],
  [{ task: 'denoise', model: 'nowhere' }, /cannot be read/],
  [{ task: 'denoise', steps: '0' }, /--steps is a whole number/],
])('%j is refused', async (options, message) => {
  await expect(run('restore', ['11.png'], { model: 'model', out: 'x.png', ...options })).rejects.toThrow(
    message,
  );
});
