import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { checkGradients, expectNoLeak } from '@lab/testing';
import {
  boxMask,
  denoising,
  gaussianBlur,
  gaussianNoise,
  inpainting,
  kernelBlur,
  motionBlur,
  motionKernel,
  randomMask,
  saltAndPepper,
  stripeMask,
  strokeMask,
  superResolution,
  type LinearOperator,
} from '../../src/operators';

beforeAll(() => engine({ prefer: 'wasm' }));

const [height, width, channels] = [12, 8, 2];
const size = { height, width };
const operators: [string, LinearOperator][] = [
  ['super-resolution, bicubic', superResolution({ factor: 4 })],
  ['super-resolution, average', superResolution({ factor: 2, kernel: 'average' })],
  ['Gaussian blur', gaussianBlur({ size: 9, deviation: 1.5 })],
  ['motion blur', motionBlur({ size: 7, key: key(3) })],
  ['box', inpainting(boxMask({ ...size, hole: 4, margin: 1, key: key(4) }))],
  ['random pixels', inpainting(randomMask({ ...size, share: 0.4, key: key(5) }))],
  ['strokes', inpainting(strokeMask({ ...size, brush: 2, key: key(6) }))],
  ['stripes', inpainting(stripeMask({ ...size, period: 4, stripe: 1, axis: 'vertical' }))],
  ['denoising', denoising()],
];
const draw = (seed: number, shape: readonly number[]): Tensor =>
  tf.tensor(normal(key(seed), [...shape]), [...shape]);
const dot = (a: Tensor, b: Tensor): number => tf.sum(tf.mul(a, b)).dataSync()[0]!;
const norm = (a: Tensor): number => Math.sqrt(dot(a, a));

describe.each(operators)('%s', (_, operator) => {
  const image = [3, height, width, channels];

  test('<A x, y> = <x, A^T y>', async () => {
    await expectNoLeak(() => {
      tf.tidy(() => {
        const x = draw(1, image);
        const y = draw(2, [3, ...operator.measurementShape(image.slice(1))]);
        const [ax, aty] = [operator.forward(x), operator.adjoint(y)];
        expect(ax.shape).toEqual(y.shape);
        expect(aty.shape).toEqual(x.shape);
        expect(Math.abs(dot(ax, y) - dot(x, aty))).toBeLessThan(1e-5 * norm(ax) * norm(y));
      });
    });
  });

  test('its gradient is the adjoint', () => {
    tf.tidy(() => {
      const x = draw(1, image);
      const y = draw(2, [3, ...operator.measurementShape(image.slice(1))]);
      const gradient = tf.grad((each) => tf.sum(tf.mul(operator.forward(each), y)))(x);
      expect(gradient.dataSync()).toBeAllclose(operator.adjoint(y).dataSync(), { atol: 1e-5 });
    });
    const small = draw(7, [1, height, width, 1]);
    checkGradients((x) => operator.forward(x), [small]);
    small.dispose();
  });

  test('the first guess measures as what was measured, for a smooth image', () => {
    tf.tidy(() => {
      const smooth = tf.fill([1, height, width, channels], 0.7);
      const y = operator.forward(smooth);
      const again = operator.forward(operator.initFrom(y));
      expect(again.dataSync()).toBeAllclose(y.dataSync(), { atol: 1e-6 });
    });
  });
});

describe('super-resolution', () => {
  test('by averages: factor^2 A^T A is a projection', () => {
    tf.tidy(() => {
      const operator = superResolution({ factor: 2, kernel: 'average' });
      const project = (x: Tensor): Tensor => tf.mul(operator.adjoint(operator.forward(x)), 4);
      const once = project(draw(1, [1, 8, 8, 1]));
      expect(project(once).dataSync()).toBeAllclose(once.dataSync(), { atol: 1e-6 });
    });
  });

  test('bicubic keeps lines away from the borders', () => {
    tf.tidy(() => {
      const line = tf.reshape(tf.range(0, 32), [1, 1, 32, 1]);
      const tall = tf.tile(line, [1, 32, 1, 1]);
      const small = superResolution({ factor: 2 }).forward(tall);
      const row = Array.from(tf.slice(small, [0, 8, 3, 0], [1, 1, 10, 1]).dataSync());
      // The centre of two pixels k and k + 1 is k + 1/2.
      expect(row).toBeAllclose(
        Array.from({ length: 10 }, (_, i) => 2 * (i + 3) + 0.5),
        { atol: 1e-5 },
      );
    });
  });

  test('refuses what does not divide', () => {
    expect(() => superResolution({ factor: 1 })).toThrow(/at least 2/);
    expect(() => superResolution({ factor: 3 }).measurementShape([8, 9, 1])).toThrow(/divides/);
  });
});

describe('blurs', () => {
  test('a path is a kernel of sum 1, another key another path, no bending a line', () => {
    const kernel = motionKernel({ size: 15, key: key(1) });
    expect(kernel.data.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
    expect(kernel.data).not.toEqual(motionKernel({ size: 15, key: key(2) }).data);
    // Moments of a line: the covariance of its places has one eigenvalue near 0.
    const line = motionKernel({ size: 41, intensity: 0, key: key(3) });
    const [xx, yy, xy] = moments(line.data, 41);
    const half = (xx + yy) / 2;
    const root = Math.sqrt(((xx - yy) / 2) ** 2 + xy ** 2);
    expect(half - root).toBeLessThan(0.3);
    expect(half + root).toBeGreaterThan(50);
  });

  test('a Gaussian blur is the blur by its kernel', () => {
    tf.tidy(() => {
      const weights = [-2, -1, 0, 1, 2].map((k) => Math.exp(-(k * k) / 2));
      const total = weights.reduce((sum, each) => sum + each, 0);
      const data = Float64Array.from(
        { length: 25 },
        (_, at) => (weights[Math.floor(at / 5)]! * weights[at % 5]!) / total ** 2,
      );
      const x = draw(1, [2, 9, 7, 3]);
      const direct = kernelBlur({ shape: [5, 5], data }).forward(x);
      expect(gaussianBlur({ size: 5, deviation: 1 }).forward(x).dataSync()).toBeAllclose(direct.dataSync(), {
        atol: 1e-5,
      });
    });
  });

  test('refuse even kernels and those larger than the image', () => {
    expect(() => gaussianBlur({ size: 4 })).toThrow(/odd/);
    expect(() => motionKernel({ size: 4, key: key(0) })).toThrow(/odd/);
    expect(() => gaussianBlur({ size: 61 }).measurementShape([16, 16, 1])).toThrow(/smaller than the image/);
    expect(() => kernelBlur({ shape: [2, 2], data: new Float64Array(4) })).toThrow(/odd side/);
  });
});

describe('masks', () => {
  const lost = (mask: { data: Float64Array }): number => mask.data.filter((each) => each === 0).length;

  test('lose as many pixels as they say', () => {
    expect(lost(boxMask({ height: 20, width: 30, hole: 7, margin: 3, key: key(1) }))).toBe(49);
    expect(lost(stripeMask({ height: 20, width: 30, period: 5, stripe: 2 }))).toBe(8 * 30);
    const share = lost(randomMask({ height: 100, width: 100, share: 0.4, key: key(1) })) / 1e4;
    // Five standard deviations of a binomial share.
    expect(Math.abs(share - 0.4)).toBeLessThan(5 * Math.sqrt((0.4 * 0.6) / 1e4));
    expect(lost(strokeMask({ height: 40, width: 40, strokes: 0, key: key(1) }))).toBe(0);
    expect(lost(strokeMask({ height: 40, width: 40, key: key(1) }))).toBeGreaterThan(40);
  });

  test('refuse what is no mask', () => {
    expect(() => inpainting({ shape: [1, 2], data: Float64Array.of(0, 0.5) })).toThrow(/0 and 1/);
    expect(() => inpainting({ shape: [1, 2], data: new Float64Array(2) })).toThrow(/keeps no pixel/);
    expect(() => boxMask({ height: 8, width: 8, hole: 8, margin: 1, key: key(0) })).toThrow(/fit/);
    expect(() => randomMask({ height: 8, width: 8, share: 1, key: key(0) })).toThrow(/share/);
    expect(() => stripeMask({ height: 8, width: 8, period: 2, stripe: 2 })).toThrow(/stripe/);
  });
});

describe('noise', () => {
  test('has the deviation and the share that it says', () => {
    tf.tidy(() => {
      const y = tf.zeros([4, 50, 50, 1]);
      const noisy = gaussianNoise(y, { deviation: 0.2, key: key(1) });
      expect(Math.abs(norm(noisy) / 100 - 0.2)).toBeLessThan((5 * 0.2) / Math.sqrt(2e4));
      const values = Array.from(
        saltAndPepper(tf.fill([4, 50, 50, 1], 0.25), { share: 0.1, key: key(2) }).dataSync(),
      );
      const count = (of: number): number => values.filter((each) => each === of).length;
      expect(count(-1) + count(1) + count(0.25)).toBe(1e4);
      for (const extreme of [-1, 1])
        expect(Math.abs(count(extreme) - 500)).toBeLessThan(5 * Math.sqrt(1e4 * 0.05 * 0.95));
    });
  });
});

function moments(data: Float64Array, side: number): [number, number, number] {
  const places = Array.from(data, (weight, at) => ({ weight, x: at % side, y: Math.floor(at / side) }));
  const mean = (of: (place: (typeof places)[number]) => number): number =>
    places.reduce((sum, place) => sum + place.weight * of(place), 0);
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  return [
    mean(({ x }) => (x - mx) ** 2),
    mean(({ y }) => (y - my) ** 2),
    mean(({ x, y }) => (x - mx) * (y - my)),
  ];
}
