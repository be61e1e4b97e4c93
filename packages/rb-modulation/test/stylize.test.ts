import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng, fitImage, type ImageArray } from '@lab/datasets/images';
import { loadPhotograph, readImage } from '@lab/datasets/node';
import type { CommandIo } from '@lab/experiment';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { exportOnnx } from '@lab/tensor-core/compile';
import { key, uniform } from '@lab/tensor-core/random';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '@lab/testing';
import { commands } from '../src/cli';
import { crops, scaled } from '../src/cli/pictures';
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

/** The exact flow of normal pixels of deviation 0.3, in a file. */
async function writeFlow(): Promise<void> {
  await engine({ prefer: 'wasm' });
  const velocity = (x: Tensor, t: Tensor): Tensor => {
    const [time, rest] = [tf.reshape(t, [-1, 1, 1, 1]), tf.sub(1, tf.reshape(t, [-1, 1, 1, 1]))];
    const total = tf.add(tf.mul(tf.square(rest), 0.09), tf.square(time));
    return tf.mul(x, tf.div(tf.sub(time, tf.mul(rest, 0.09)), total));
  };
  const example = [tf.zeros([1, 32, 32, 3]), tf.ones([1])] as const;
  await writeFile(join(cwd, 'flow.onnx'), exportOnnx(velocity, [...example]));
  tf.dispose([...example]);
}
const model = { model: 'flow.onnx', inputs: 'input0,input1', channels: 'last' };

test('an image in the style of another is nearer to that style than it was, by a model trained on the two', async () => {
  const text = await run({ content: 'content.png', strip: 'strip.png', frames: '3' });
  const [before, after] = distances(text);
  expect(after).toBeLessThan(0.8 * before!);
  const [image, frames] = [await readImage(join(cwd, 'out.png')), await readImage(join(cwd, 'strip.png'))];
  expect(image.shape).toEqual([30, 32, 3]);
  // With gaps of two pixels.
  expect(frames.shape).toEqual([30, 3 * 32 + 2 * 2, 3]);
  // The last frame is the result.
  const last = Float64Array.from(image.data, (_, at) => {
    const [i, rest] = [Math.floor(at / 96), at % 96];
    return frames.data[i * 300 + 204 + rest]!;
  });
  expect(last).toBeAllclose(image.data, { atol: 1e-9 });
});

test("by a model of the user's: nearer than without the controller, and a seed gives the same picture", async () => {
  await writeFlow();
  const steps = { ...model, steps: '12' };
  const [styled] = distances(await run({ ...steps, out: 'a.png', seed: '1' }));
  const [free] = distances(await run({ ...steps, out: 'free.png', seed: '1', eta: '0' }));
  expect(styled).toBeLessThan(0.5 * free!);
  await run({ ...steps, out: 'b.png', seed: '1' });
  await run({ ...steps, out: 'c.png', seed: '2' });
  const [a, b, c] = await Promise.all(['a.png', 'b.png', 'c.png'].map((name) => readImage(join(cwd, name))));
  expect(a!.shape).toEqual([32, 32, 3]);
  expect(a!.data).toEqual(b!.data);
  expect(a!.data).not.toEqual(c!.data);
  expect((await readdir(cwd)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('squares and sizes of pictures', () => {
  const image = mosaic();
  const { shape, data } = crops([image], key(3), { count: 5, side: 32 });
  expect(shape).toEqual([5, 32, 32, 3]);
  const values = new Set(image.data.map((value) => 2 * value - 1));
  expect(data.every((value) => values.has(value))).toBe(true);
  expect(scaled({ shape: [10, 31, 1], data: new Float64Array(310) }, 16).shape).toEqual([6, 16, 1]);
});

test.each<[string, Record<string, string>, string[], string]>([
  ['a reference that is not there', {}, ['nothing.png'], 'missing'],
  ['half a step', { steps: '2.5' }, ['style.png'], 'argument'],
  ['a strength of 0', { content: 'content.png', strength: '0' }, ['style.png'], 'argument'],
  ['weights that are not there', { csd: 'nothing.safetensors' }, ['style.png'], 'missing'],
  ['three inputs', { ...model, inputs: 'a,b,c' }, ['style.png'], 'argument'],
  ['an unknown prediction', { model: 'x.onnx', predicts: 'beauty' }, ['style.png'], 'argument'],
])('refuses %s', (_, options, files, code) =>
  expectRefusal(() => run({ ...options, 'train-steps': '1' }, files), code),
);
