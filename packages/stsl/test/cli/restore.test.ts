import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import { foldIn, key } from '@lab/tensor-core/random';
import { fromArray64 } from '@lab/diffusion-core';
import { gaussianBlur, gaussianNoise, ldps as ldpsMethod, restoreBy } from '../../src';
import { methodWords } from '../../src/cli/method-option';
import { openModel } from '../../src/cli/open-model';
import { writeTinyStableDiffusion } from '../tiny-stable-diffusion';
import { cliFolder, type CliFolder } from './folder';

let folder: CliFolder;
beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  folder = await cliFolder();
});
afterAll(() => folder.remove());

test('a model is trained on images of the user and restores another one, with its steps', async () => {
  const training = Array.from({ length: 11 }, (_, n) => `${n}.png`);
  const trained = await folder.run('train', training, { out: 'model', steps: '30', side: '16', batch: '8' });
  expect(trained).toMatchObject({ code: 0, report: { images: 11, steps: 30 } });

  const few = { model: 'model', steps: '8', inner: '3', noise: '0.02' };
  const { code, report } = await folder.run('restore', ['11.png'], {
    ...few,
    task: 'super-resolution:2',
    degrade: true,
    out: 'restored.png',
    strip: 'strip.png',
  });
  expect(code).toBe(0);
  expect(report).toMatchObject({ shape: [16, 16, 3], evaluations: 24 });
  // The report's number is that of the file, up to the rounding to 255 levels.
  const [restored, truth] = [await folder.pixels('restored.png'), await folder.pixels('11.png')];
  const squares = restored.data.reduce((sum, value, i) => sum + (value - truth.data[i]!) ** 2, 0);
  expect(10 * Math.log10(restored.data.length / squares)).toBeCloseTo(report.psnr as number, 1);
  // The measurement, six steps, the result and the truth, with gaps of two.
  expect((await folder.pixels('strip.png')).shape).toEqual([16, 9 * 18 - 2, 3]);

  // An image that is the measurement itself: twice its size comes out.
  const enlarged = await folder.run('restore', ['11.png'], {
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
    await folder.run('restore', ['11.png'], { ...filled, out: 'filled.png' });
    const { data } = await folder.pixels('filled.png');
    seen.push(data.reduce((sum, value, i) => sum + (i % 48 < 30 ? (value - truth.data[i]!) ** 2 : 0), 0));
  }
  expect(seen[1]).toBeLessThan(seen[0]! / 2);
});

test('every method restores with a model of the user, at the cost that it reports', async () => {
  const given = { model: 'model', steps: '4', task: 'inpaint', mask: 'mask.png', degrade: true as const };
  const costs: Record<string, number> = {};
  for (const method of methodWords) {
    const { report } = await folder.run('restore', ['11.png'], { ...given, method, out: `${method}.png` });
    expect(report.shape).toEqual([16, 16, 3]);
    costs[method] = report.scoreEvaluations as number;
  }
  // STSL: five inner steps of two at four levels, and one each for the sampler; moment matching asks twice.
  expect(costs).toEqual({
    ...{ stsl: 44, ldps: 4, dps: 4, 'gml-dps': 4, psld: 4, p2l: 4, diffpir: 4, resample: 4, mmps: 8 },
  });
  const files = await Promise.all(methodWords.map((method) => folder.pixels(`${method}.png`)));
  // The pixels' autoencoder is the identity: there GML-DPS is LDPS, and no other two are alike.
  const kinds = new Set(files.map(({ data }) => data.join()));
  expect(kinds.size).toBe(methodWords.length - 1);
});

test("Stable Diffusion from a folder of diffusers: a text is read, and P2L tunes it at twice LDPS's cost", async () => {
  await writeTinyStableDiffusion(join(folder.cwd, 'diffusers'));
  const given = { model: 'diffusers', steps: '3', inner: '2', task: 'blur:3,1', degrade: true as const };
  const restored = async (options: Record<string, string>) => {
    const { report } = await folder.run('restore', ['11.png'], { ...given, ...options, out: 'text.png' });
    expect(report.shape).toEqual([16, 16, 3]);
    return { report, data: (await folder.pixels('text.png')).data };
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
  const { model, unit, pipeline, dispose } = await openModel(folder.cwd, 'diffusers');
  expect(unit).toBe(4);
  const clean = fromArray64({
    shape: [1, 16, 16, 3],
    data: (await folder.pixels('11.png')).data.map((value) => 2 * value - 1),
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
  await expect(
    folder.run('restore', ['11.png'], { model: 'model', out: 'x.png', ...options }),
  ).rejects.toThrow(message);
});
