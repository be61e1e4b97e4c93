import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test as property } from '@fast-check/vitest';
import { key, uniform } from '@lab/tensor-core/random';
import '@lab/testing';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { cropImage, decodeImage, encodePng, fitImage, resizeImage, type ImageArray } from '../../src/images';
import { loadPhotograph, photographNames, readImage } from '../../src/node';

interface Golden {
  readonly shape: [number, number];
  readonly png: { kind: string; file: string; values: number[] }[];
  readonly jpeg: { file: string; shape: number[]; values: number[] };
  readonly resize: {
    source: number[];
    results: { height: number; width: number; values: number[] }[];
  };
}

const golden = JSON.parse(readFileSync(new URL('../golden/images.json', import.meta.url), 'utf8')) as Golden;
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
const random = (shape: [number, number, number], seed = 1): ImageArray => ({
  shape,
  data: Float64Array.from(uniform(key(seed), shape[0] * shape[1] * shape[2])),
});

describe('decodeImage', () => {
  test.each(golden.png)('reads a PNG that is $kind, as Pillow does', ({ file, values }) => {
    const { shape, data } = decodeImage(bytesOf(file));
    expect(shape).toEqual([...golden.shape, 3]);
    expect(data).toBeAllclose(values, { atol: 1e-8, rtol: 0 });
  });

  test('reads a JPEG as Pillow does, up to how its cosines are rounded', () => {
    const { file, shape, values } = golden.jpeg;
    const image = decodeImage(bytesOf(file));
    expect(image.shape).toEqual(shape);
    const errors = values.map((value, i) => Math.abs(255 * image.data[i]! - value));
    expect(Math.max(...errors)).toBeLessThanOrEqual(3);
    expect(errors.reduce((sum, each) => sum + each, 0) / errors.length).toBeLessThan(0.6);
  });

  test('grey is the luma of the colours', () => {
    const { file } = golden.png.find(({ kind }) => kind === 'colour')!;
    const [colour, grey] = [decodeImage(bytesOf(file)), decodeImage(bytesOf(file), { channels: 1 })];
    const [r, g, b] = colour.data;
    expect(grey.shape).toEqual([...golden.shape, 1]);
    expect(grey.data[0]).toBeCloseTo(0.299 * r! + 0.587 * g! + 0.114 * b!, 12);
  });

  test('refuses other files, broken ones, and ones that claim too many pixels', () => {
    const { file } = golden.png[0]!;
    expect(() => decodeImage(new Uint8Array([71, 73, 70, 56]))).toThrow(/PNG and JPEG/);
    expect(() => decodeImage(bytesOf(file).subarray(0, 60))).toThrow(/broken/);
    expect(() => decodeImage(bytesOf(golden.jpeg.file).subarray(0, 80))).toThrow(/broken/);
    expect(() => decodeImage(bytesOf(file), { maxPixels: 62 })).toThrow(/more pixels/);
  });

  property.prop([fc.integer({ min: 8, max: 120 }), fc.integer({ min: 0, max: 255 })])(
    'a changed byte gives an image or a LabError, nothing else',
    (at, value) => {
      const bytes = bytesOf(golden.png[2]!.file);
      bytes[at] = value;
      try {
        expect(decodeImage(bytes, { maxPixels: 1e6 }).data.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/format|argument/) as string });
      }
    },
  );
});

describe('encodePng', () => {
  test.each([1, 3] as const)('sharp reads it back, %i channels', async (channels) => {
    const image = random([5, 4, channels]);
    const { data, info } = await sharp(encodePng(image)).raw().toBuffer({ resolveWithObject: true });
    expect([info.height, info.width]).toEqual([5, 4]);
    const step = info.channels / channels;
    image.data.forEach((value, i) => {
      expect(data[i * step]).toBe(Math.round(255 * value));
    });
  });

  test('limits values, refuses NaN and other channels', () => {
    const back = decodeImage(encodePng({ shape: [1, 2, 1], data: Float64Array.of(-3, 7) }));
    expect([...back.data]).toEqual([0, 0, 0, 1, 1, 1]);
    expect(() => encodePng({ shape: [1, 1, 1], data: Float64Array.of(Number.NaN) })).toThrow(/NaN/);
    expect(() => encodePng(random([2, 2, 2]))).toThrow(/1, 3 or 4/);
  });
});

describe('resizing', () => {
  const source: ImageArray = {
    shape: [...golden.shape, 1],
    data: Float64Array.from(golden.resize.source),
  };

  test.each(golden.resize.results)('to $height x $width is Pillow’s BILINEAR', ({ values, ...size }) => {
    expect(resizeImage(source, size).data).toBeAllclose(values, { atol: 1e-6 });
  });

  const side = fc.integer({ min: 1, max: 12 });
  property.prop([side, side, side, side])(
    'keeps a constant, and what is already of that size',
    (h, w, oh, ow) => {
      const flat = { shape: [h, w, 2], data: new Float64Array(h * w * 2).fill(0.3) };
      expect(resizeImage(flat, { height: oh, width: ow }).data.every((v) => Math.abs(v - 0.3) < 1e-12)).toBe(
        true,
      );
      const image = random([h, w, 2]);
      expect(resizeImage(image, { height: h, width: w }).data).toBeAllclose(image.data, { atol: 1e-15 });
    },
  );

  test('fitImage takes the middle', () => {
    const wide: ImageArray = { shape: [1, 4, 1], data: Float64Array.of(9, 1, 2, 9) };
    expect([...fitImage(wide, { height: 1, width: 2 }).data]).toEqual([1, 2]);
    expect([...cropImage(wide, { top: 0, left: 1, height: 1, width: 2 }).data]).toEqual([1, 2]);
    expect(() => cropImage(wide, { top: 0, left: 3, height: 1, width: 2 })).toThrow(/inside/);
  });
});

describe('files', () => {
  test('WebP and a turned JPEG, by sharp', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-images-'));
    try {
      const image = random([4, 6, 3], 3);
      const webp = join(folder, 'a.webp');
      await writeFile(webp, await sharp(encodePng(image)).webp({ lossless: true }).toBuffer());
      const rounded = image.data.map((value) => Math.round(255 * value) / 255);
      expect((await readImage(webp)).data).toBeAllclose(rounded, { atol: 1e-12 });
      const turned = join(folder, 'a.jpg');
      await writeFile(
        turned,
        await sharp(encodePng(image)).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      );
      expect((await readImage(turned)).shape).toEqual([6, 4, 3]);
      await expect(readImage(join(folder, 'none.png'))).rejects.toMatchObject({ code: 'missing' });
      await writeFile(webp, 'RIFF....WEBPnot');
      await expect(readImage(webp)).rejects.toMatchObject({ code: 'format' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('the photographs of the npm packages', async () => {
    expect(photographNames).toHaveLength(9);
    const { image, licence } = await loadPhotograph('nagasaki-boats', { channels: 1 });
    expect(image.shape).toEqual([819, 1024, 1]);
    expect(licence).toContain('CC0');
    const elsewhere = loadPhotograph('nagasaki-boats', { path: new URL(import.meta.url).pathname });
    await expect(elsewhere).rejects.toMatchObject({ code: 'format' });
  });
});
