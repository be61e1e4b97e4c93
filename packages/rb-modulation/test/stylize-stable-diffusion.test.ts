import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng, type ImageArray } from '@lab/datasets/images';
import { readImage } from '@lab/datasets/node';
import { classifierFreeGuidance, sample } from '@lab/diffusion-core';
import type { CommandIo } from '@lab/experiment';
import { stableDiffusionPipeline } from '@lab/models/stable-diffusion';
import { engine, tf } from '@lab/tensor-core';
import { foldIn, key, uniform } from '@lab/tensor-core/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import {
  descriptorCost,
  describe,
  greyDescriptor,
  momentDescriptor,
  proximalSoc,
  randomTexture,
} from '../src';
import { commands } from '../src/cli';
import { fromModel, toModel } from '../src/cli/pictures';
import { expectRefusal } from './support/throws';
import { writeTinyStableDiffusion } from './support/tiny-stable-diffusion';

let cwd = '';
const drawn = (seed: number, height: number): ImageArray => ({
  shape: [height, 16, 3],
  data: Float64Array.from(uniform(key(seed), height * 48)),
});
beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  cwd = await mkdtemp(join(tmpdir(), 'lab-stylize-sd-'));
  await writeTinyStableDiffusion(join(cwd, 'sd'));
  await writeFile(join(cwd, 'style.png'), encodePng(drawn(1, 16)));
  await writeFile(join(cwd, 'content.png'), encodePng(drawn(2, 12)));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

async function run(options: Record<string, string>): Promise<{ text: string; image: ImageArray }> {
  let text = '';
  const io: CommandIo = {
    stdout: (part) => (text += part),
    stderr: () => undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
    cwd,
  };
  const given = { model: 'sd', out: 'out.png', steps: '4', size: '16', ...options };
  expect(await commands[0]!.run({ arguments: ['style.png'], options: given }, io)).toBe(0);
  return { text, image: await readImage(join(cwd, 'out.png')) };
}
const distanceOf = (text: string): number => Number(/([\d.]+)( after)?\n$/.exec(text)![1]);

test('by Stable Diffusion from a folder of diffusers: nearer to the style than without the controller', async () => {
  const free = await run({ eta: '0' });
  const styled = await run({});
  expect(styled.image.shape).toEqual([16, 16, 3]);
  expect(distanceOf(styled.text)).toBeLessThan(0.9 * distanceOf(free.text));
  const told = await run({ eta: '0', prompt: 'a cat' });
  expect(told.image.data).not.toEqual(free.image.data);
  // Guidance of 0 is that of no prompt.
  const unheard = await run({ eta: '0', prompt: 'a cat', guidance: '0' });
  expect(unheard.image.data).toEqual(free.image.data);
});

test('what the command makes of a content image is what the parts of the library make', async () => {
  const { image } = await run({
    ...{ content: 'content.png', prompt: 'a dog', strip: 'strip.png', frames: '2' },
  });
  expect(image.shape).toEqual([12, 16, 3]);
  expect((await readImage(join(cwd, 'strip.png'))).shape).toEqual([12, 2 * 16 + 2, 3]);

  await expectNoLeak(async () => {
    const pipeline = await stableDiffusionPipeline((path) => readFile(join(cwd, 'sd', path)));
    const [style, content] = [
      toModel(await readImage(join(cwd, 'style.png'))),
      toModel(await readImage(join(cwd, 'content.png'))),
    ];
    const [moments, texture] = [momentDescriptor({ channels: 3 }), randomTexture({ key: foldIn(key(0), 1) })];
    const grey = greyDescriptor([12, 16, 3]);
    const terms = [
      { descriptor: moments, target: await describe(moments, style), form: 'squared' as const },
      { descriptor: texture, target: await describe(texture, style), form: 'cosine' as const },
      { descriptor: grey, target: await describe(grey, content), weight: 1 },
    ];
    const { schedule, denoiser } = pipeline;
    const times = schedule.times(4).map((t) => 0.6 * t);
    const condition = pipeline.embed(['a dog']);
    const unconditional = pipeline.embed(['']);
    const from = foldIn(key(0), 2);
    const init = tf.tidy(() => {
      const clean = pipeline.encode(content);
      const noise = denoiser.space.normal(foldIn(from, 0), clean.shape);
      return tf.add(tf.mul(clean, schedule.alpha(times[0]!)), tf.mul(noise, schedule.sigma(times[0]!)));
    });
    const cost = descriptorCost(terms, { decode: (z) => pipeline.decode(z) });
    const { samples } = await sample(classifierFreeGuidance(denoiser, { scale: 7.5, unconditional }), {
      ...{ schedule, times, init, condition, key: foldIn(from, 1) },
      controls: [proximalSoc(cost, { eta: 0.1, steps: 3 })],
    });
    const shown = tf.tidy(() => pipeline.decode(samples));
    const { data } = await fromModel(shown);
    const far = Math.max(...image.data.map((value, i) => Math.abs(value - data[i]!)));
    expect(far).toBeLessThan(0.6 / 255);
    tf.dispose([style, content, condition, unconditional, init, samples, shown]);
    pipeline.dispose();
  });
});

test('sides are multiples of what the autoencoder and the network halve', async () => {
  const { image } = await run({ size: '18', eta: '0' });
  expect(image.shape).toEqual([20, 20, 3]);
});

test.each<[string, Record<string, string>, string, RegExp]>([
  ['a prompt without a model that reads it', { model: 'flow.onnx', prompt: 'a cat' }, 'argument', /folder/],
  ['guidance below 0', { prompt: 'a cat', guidance: '-1' }, 'argument', /guidance/],
  ['a text that is no number of steps', { steps: 'many' }, 'argument', /steps/],
])('refuses %s', (_, options, code, text) => expectRefusal(() => run(options), code, text));
