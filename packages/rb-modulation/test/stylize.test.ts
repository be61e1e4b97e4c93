import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng, fitImage, type ImageArray } from '@lab/datasets/images';
import { loadPhotograph, readImage } from '@lab/datasets/node';
import type { CommandIo } from '@lab/experiment';
import { key, uniform } from '@lab/tensor-core/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '@lab/testing';
import { commands } from '../src/cli';
import { crops, scaled, strip } from '../src/cli/pictures';
import { expectRefusal } from './support/throws';

let cwd = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'lab-stylize-'));
  const { image } = await loadPhotograph('nagasaki-boats');
  await writeFile(join(cwd, 'content.png'), encodePng(fitImage(image, { height: 30, width: 32 })));
  await writeFile(join(cwd, 'style.png'), encodePng(mosaic()));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

/** Tiles of four by four pixels in loud colours. */
function mosaic(): ImageArray {
  const colours = uniform(key(0), 12 * 12 * 3);
  const data = Float64Array.from({ length: 48 * 48 * 3 }, (_, at) => {
    const [i, j, k] = [Math.floor(at / 144), Math.floor(at / 3) % 48, at % 3];
    return i % 4 === 0 || j % 4 === 0 ? 0.05 : colours[((i >> 2) * 12 + (j >> 2)) * 3 + k]!;
  });
  return { shape: [48, 48, 3], data };
}

const [stylize] = commands;
async function run(options: Record<string, string>, files = ['style.png']): Promise<string> {
  let text = '';
  const io: CommandIo = {
    stdout: (part) => (text += part),
    stderr: () => undefined,
    signal: new AbortController().signal,
    progress: () => undefined,
    cwd,
  };
  const given = { out: 'out.png', 'train-steps': '50', steps: '5', size: '32', ...options };
  expect(await stylize!.run({ arguments: files, options: given }, io)).toBe(0);
  return text;
}
const distances = (text: string): number[] =>
  [...text.matchAll(/(\d\.\d+)/g)].map(([, value]) => Number(value));

test('an image in the style of another is nearer to that style than it was, and than without the controller', async () => {
  const text = await run({ content: 'content.png', strip: 'strip.png', frames: '3' });
  const [before, after] = distances(text);
  expect(after).toBeLessThan(0.8 * before!);
  const [, uncontrolled] = distances(await run({ content: 'content.png', eta: '0', out: 'free.png' }));
  expect(after).toBeLessThan(uncontrolled!);
  const [image, frames] = [await readImage(join(cwd, 'out.png')), await readImage(join(cwd, 'strip.png'))];
  expect(image.shape).toEqual([30, 32, 3]);
  expect(frames.shape).toEqual([30, 3 * 32, 3]);
  // The last frame is the result.
  const last = Float64Array.from(image.data, (_, at) => {
    const [i, rest] = [Math.floor(at / 96), at % 96];
    return frames.data[i * 288 + 192 + rest]!;
  });
  expect(last).toBeAllclose(image.data, { atol: 1e-9 });
}, 120_000);

test('without content it starts from noise, and a seed gives the same picture', async () => {
  const names = ['a.png', 'b.png', 'c.png'];
  for (const [i, seed] of ['1', '1', '2'].entries()) await run({ out: names[i]!, seed });
  const [a, b, c] = await Promise.all(names.map((name) => readImage(join(cwd, name))));
  expect(a!.shape).toEqual([32, 32, 3]);
  expect(a!.data).toEqual(b!.data);
  expect(a!.data).not.toEqual(c!.data);
  expect((await readdir(cwd)).filter((name) => name.endsWith('.part'))).toEqual([]);
}, 120_000);

test('squares, sizes and strips of pictures', () => {
  const image = mosaic();
  const { shape, data } = crops([image], key(3), { count: 5, side: 32 });
  expect(shape).toEqual([5, 32, 32, 3]);
  const values = new Set(image.data.map((value) => 2 * value - 1));
  expect(data.every((value) => values.has(value))).toBe(true);
  expect(scaled({ shape: [10, 31, 1], data: new Float64Array(310) }, 16).shape).toEqual([6, 16, 1]);
  expect(strip([image, image]).length).toBeGreaterThan(100);
});

test.each<[string, Record<string, string>, string[], string]>([
  ['a reference that is not there', {}, ['nothing.png'], 'missing'],
  ['half a step', { steps: '2.5' }, ['style.png'], 'argument'],
  ['a strength of 0', { content: 'content.png', strength: '0' }, ['style.png'], 'argument'],
  ['weights that are not there', { csd: 'nothing.safetensors' }, ['style.png'], 'missing'],
  ['an unknown prediction', { model: 'x.onnx', predicts: 'beauty' }, ['style.png'], 'argument'],
])('refuses %s', (_, options, files, code) =>
  expectRefusal(() => run({ ...options, 'train-steps': '1' }, files), code),
);
