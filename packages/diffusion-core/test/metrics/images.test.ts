import { readFileSync } from 'node:fs';
import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { expectNoLeak } from '@lab/testing';
import { cosineSimilarity, featureDistance, imageSsim, psnr } from '../../src/metrics';

interface Golden {
  readonly truth: number[];
  readonly noisy: number[];
  readonly shape: number[];
  readonly psnr: number;
  readonly ssim: { window: number; deviation: number; value: number }[];
  readonly features: { shape: number[]; a: number[]; b: number[]; weights: number[] }[];
  readonly featureDistance: number[];
}

const golden = JSON.parse(
  readFileSync(new URL('../golden/image-metrics.json', import.meta.url), 'utf8'),
) as Golden;
const images = (data: number[], shape = golden.shape): Array64 => ({ shape, data: Float64Array.from(data) });
const [truth, noisy] = [images(golden.truth), images(golden.noisy)];
const flat = (value: number): Array64 => images(Array<number>(144).fill(value), [1, 12, 12, 1]);

beforeAll(() => engine());

describe('psnr', () => {
  test('an error of 0.1 everywhere on a range of 2 is 26.0206 dB', () => {
    expect(psnr(flat(0.1), flat(0.2), { range: 2 })[0]).toBeCloseTo(20 * Math.log10(20), 10);
    expect(psnr(flat(0.1), flat(0.1), { range: 2 })).toEqual([Infinity]);
  });

  test('is scikit-image’s', () => {
    expect(psnr(truth, noisy, { range: 2 })[0]).toBeCloseTo(golden.psnr, 10);
  });

  test('refuses what is no pair of images', () => {
    expect(() => psnr(truth, flat(0), { range: 2 })).toThrow(/one shape/);
    expect(() => psnr(truth, noisy, { range: 0 })).toThrow(/range/);
  });
});

describe('imageSsim', () => {
  test.each(golden.ssim)('is scikit-image’s, window $window', ({ value, ...options }) => {
    expect(imageSsim(truth, noisy, { range: 2, ...options })[0]).toBeCloseTo(value, 10);
  });

  test('of two constants only the luminance is left', () => {
    const [c1, x, y] = [0.01 ** 2, 0.5, 0.6];
    const expected = (2 * x * y + c1) / (x * x + y * y + c1);
    expect(expected).toBeCloseTo(0.98360924, 8);
    expect(imageSsim(flat(x), flat(y), { range: 1 })[0]).toBeCloseTo(expected, 10);
  });

  property.prop([fc.double({ min: 0.1, max: 9, noNaN: true })])('does not change with the unit', (scale) => {
    const scaled = (of: Array64): Array64 => ({ ...of, data: of.data.map((value) => scale * value) });
    const options = { window: 7, deviation: 0.9 };
    expect(imageSsim(scaled(truth), scaled(noisy), { range: 2 * scale, ...options })[0]).toBeCloseTo(
      golden.ssim[1]!.value,
      9,
    );
  });

  test('each image of a batch by itself', () => {
    const pair = (a: Array64, b: Array64): Array64 =>
      images([...a.data, ...b.data], [2, ...golden.shape.slice(1)]);
    const both = imageSsim(pair(truth, noisy), pair(noisy, noisy), { range: 2 });
    expect(both[0]).toBeCloseTo(golden.ssim[0]!.value, 10);
    expect(both[1]).toBeCloseTo(1, 12);
  });

  test('refuses a window that does not fit or has no centre', () => {
    expect(() => imageSsim(truth, noisy, { range: 2, window: 15 })).toThrow(/window fits/);
    expect(() => imageSsim(truth, noisy, { range: 2, window: 4 })).toThrow(/odd/);
  });
});

describe('featureDistance', () => {
  const layers = (part: 'a' | 'b') => golden.features.map((layer) => tf.tensor(layer[part], layer.shape));
  const weights = () => golden.features.map((layer) => tf.tensor1d(layer.weights));

  test('is LPIPS’s distance of the same features, without a leak', async () => {
    await expectNoLeak(async () => {
      const [a, b, w] = [layers('a'), layers('b'), weights()];
      const distance = featureDistance(a, b, { weights: w });
      expect(await distance.data()).toBeAllclose(golden.featureDistance, { rtol: 1e-5, atol: 1e-6 });
      tf.dispose([a, b, w, distance]);
    });
  });

  test('has the gradient 0 at equal features', () => {
    tf.tidy(() => {
      const [a] = layers('a');
      const gradient = tf.grad((x) => tf.sum(featureDistance([x], [a!])))(a!);
      expect(tf.max(tf.abs(gradient)).dataSync()[0]).toBe(0);
    });
  });

  test('refuses layers that do not fit', () => {
    tf.tidy(() => {
      expect(() => featureDistance(layers('a'), layers('b').slice(0, 1))).toThrow(/same layers/);
      expect(() => featureDistance([], [])).toThrow(/same layers/);
      expect(() => featureDistance(layers('a'), layers('b'), { weights: weights().reverse() })).toThrow(
        /one weight a channel/,
      );
    });
  });
});

describe('cosineSimilarity', () => {
  const rows = (data: number[], size: number): Array64 => images(data, [data.length / size, size]);

  test('of angles of 0, 60, 90 and 180 degrees', () => {
    const embeddings = rows([2, 0, 1, Math.sqrt(3), 0, 5, -1, 0], 2);
    expect(cosineSimilarity(embeddings, rows([3, 0], 2))).toBeAllclose([1, 0.5, 0, -1], { atol: 1e-15 });
  });

  test('refuses an embedding without a direction', () => {
    expect(() => cosineSimilarity(rows([0, 0], 2), rows([1, 0], 2))).toThrow(/norm 0/);
    expect(() => cosineSimilarity(rows([1, 0], 2), rows([1], 1))).toThrow(/one size/);
  });
});
