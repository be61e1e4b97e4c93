import { attend, engine, tf } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import '@lab/testing';
import { decoupledAttention, sharedAttention, swappedAttention } from '../../src';
import { adaptiveNormalization } from '../../src/baselines';
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
});
