import { attend, engine, tf } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { gaussianDenoiser, sample, tensorSpace } from '@lab/diffusion-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { cascadeSchedule, decoupledAttention, sharedAttention, swappedAttention } from '../../src';
import { adaptiveNormalization, adaptiveStatistics, withoutContent } from '../../src/baselines';
import { draw, drawSet } from '../support/attention-sets';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

describe('baselines', () => {
  test('decoupled, shared and swapped attention', () => {
    const [text, image] = [drawSet(key(1), 5), drawSet(key(2), 4)];
    const q = draw(key(9), 2, 3, 6, 4);
    const [toText, toImage] = [attend(q, text.keys, text.values), attend(q, image.keys, image.values)];
    expect(decoupledAttention(q, { text, image, scale: 0.4 })).toBeAllclose(
      tf.add(toText, tf.mul(toImage, 0.4)),
      {
        atol: 1e-6,
      },
    );
    expect(swappedAttention(q, image)).toBeAllclose(toImage, { atol: 1e-6 });
    // A reference that is the image itself changes no statistics: every token is there twice, which weighs as once.
    const own = drawSet(key(4), 6);
    const reference = { ...own, queries: q };
    expect(sharedAttention(q, own, reference)).toBeAllclose(attend(q, own.keys, own.values), { atol: 1e-5 });
  });

  test('adaptive normalisation has the mean and deviation of the reference', () => {
    const [x, reference] = [draw(key(1), 2, 5, 5, 3), tf.add(tf.mul(draw(key(2), 1, 4, 4, 3), 3), 2)];
    const { mean, variance } = tf.moments(adaptiveNormalization(x, reference, [1, 2]), [1, 2]);
    const wanted = tf.moments(reference, [1, 2]);
    expect(mean).toBeAllclose(tf.tile(wanted.mean, [2, 1]), { atol: 1e-5 });
    expect(variance).toBeAllclose(tf.tile(wanted.variance, [2, 1]), { rtol: 1e-3 });
  });

  // By hand: (3, -1) less (1, 2), and less half of it; one text for two images.
  test('an image embedding without what the picture shows', () =>
    expectNoLeak(() => {
      const [images, text] = [
        tf.tensor2d([
          [3, -1],
          [0, 4],
        ]),
        tf.tensor2d([[1, 2]]),
      ];
      const [whole, half, none] = [
        withoutContent(images, text),
        withoutContent(images, text, { scale: 0.5 }),
        withoutContent(images, text, { scale: 0 }),
      ];
      expect(whole).toBeAllclose([
        [2, -3],
        [-1, 2],
      ]);
      expect(half).toBeAllclose([
        [2.5, -2],
        [-0.5, 3],
      ]);
      expect(none).toBeAllclose(images);
      tf.dispose([images, text, whole, half, none]);
    }));

  test('adaptive statistics give every sample the colours of the reference, and keep its pattern', () =>
    expectNoLeak(async () => {
      const schedule = cascadeSchedule();
      const reference = {
        shape: [1, 2, 2, 2],
        // Channels of mean 1 and -2, deviation 0.5 and 2.
        data: Float64Array.of(0.5, 0, 1.5, -4, 0.5, -4, 1.5, 0),
      };
      const denoiser = gaussianDenoiser({
        mean: new Array<number>(32).fill(0),
        covariance: 1,
        schedule,
        space: tensorSpace,
      });
      const run = { schedule, steps: 5, shape: [3, 4, 4, 2], key: key(3) };
      const [styled, plain] = [
        await sample(denoiser, { ...run, controls: [adaptiveStatistics(reference)] }),
        await sample(denoiser, run),
      ];
      const { mean, variance } = tf.moments(styled.samples, [1, 2]);
      const rows = (row: number[]): number[][] => [row, row, row];
      expect(mean).toBeAllclose(rows([1, -2]), { atol: 1e-4, rtol: 0 });
      expect(variance).toBeAllclose(rows([0.25, 4]), { rtol: 1e-3, atol: 0 });
      expect(plain.samples).not.toBeAllclose(styled.samples, { atol: 0.1 });
      tf.dispose([mean, variance, styled.samples, plain.samples]);
      expect(() => adaptiveStatistics({ shape: [4, 2], data: new Float64Array(8) })).toThrow(
        /\[1 or B, h, w, C\]/,
      );
    }));
});
