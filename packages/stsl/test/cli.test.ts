import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeImage, encodePng } from '@lab/datasets/images';
import type { CommandIo } from '@lab/experiment';
import { commands } from '../src/cli';
import { asPicture, imagesOf } from '../src/batch-images';
import { ellipses } from '../src/experiments/images/ellipses';
import { key } from '@lab/tensor-core/random';

let cwd = '';
beforeAll(async () => {
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

test(
  'a model is trained on images of the user and restores another one, with its steps',
  { timeout: 120_000 },
  async () => {
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
  },
);

test.each([
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
