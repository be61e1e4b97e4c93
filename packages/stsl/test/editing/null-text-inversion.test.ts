import { beforeAll, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { classifierFreeGuidance, sample, type Denoiser } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import { invert, nullTextInversion, trainedTimes } from '../../src';
import { trained } from '../support';
import { embedded, variances } from './support';

beforeAll(() => engine({ prefer: 'wasm' }));

const times = trainedTimes({ steps: 25 });
const scale = 4;
const denoiser = embedded as Denoiser;

/** Two latents of the class at 2. */
function latents(): Tensor {
  const draws = normal(key(3), [2, 6]);
  return tf.tensor(
    Array.from(draws, (value, i) => (i % 6 === 4 ? 2 : 0) + Math.sqrt(variances[i % 6]!) * value),
    [2, 6],
  );
}

async function distance(a: Tensor, b: Tensor): Promise<number> {
  const far = tf.tidy(() => tf.sqrt(tf.mean(tf.square(tf.sub(a, b)))));
  const [value] = await far.data();
  far.dispose();
  return value!;
}

test('guided sampling returns the latent where plain inversion does not', async () => {
  await expectNoLeak(async () => {
    const clean = latents();
    const [source, none] = [tf.fill([2, 1], 2), tf.zeros([2, 1])];
    const run = async (guided: Denoiser, init: Tensor) => {
      const { samples } = await sample(guided, {
        schedule: trained,
        times,
        init,
        condition: source,
        key: key(0),
      });
      const far = await distance(samples, clean);
      samples.dispose();
      return far;
    };
    const noisy = await invert({ denoiser, schedule: trained }, clean, { times, condition: source });
    const plain = await run(classifierFreeGuidance(denoiser, { scale, unconditional: none }), noisy);
    const inversion = await nullTextInversion(clean, {
      denoiser,
      schedule: trained,
      times,
      condition: source,
      unconditional: none,
      scale,
      iterations: 60,
      learningRate: 0.1,
      tolerance: 1e-7,
    });
    expect(await distance(inversion.noisy, noisy)).toBe(0);
    expect(inversion.embeddings).toHaveLength(times.length - 1);
    const fitted = await run(inversion.denoiser, inversion.noisy);
    expect(plain).toBeGreaterThan(0.5);
    expect(fitted).toBeLessThan(plain / 10);
    // Where the two sides of the guidance are one, a guided step is a plain one: the embedding to find is the source's own.
    const last = await inversion.embeddings.at(-1)!.data();
    expect(Math.max(...Array.from(last, (each) => Math.abs(each - 2)))).toBeLessThan(0.5);
    // No other time has an embedding.
    await expect(async () => inversion.denoiser.predict(clean, 0.1234, source)).rejects.toThrow(
      expect.objectContaining({ code: 'argument' }),
    );
    inversion.dispose();
    tf.dispose([clean, source, none, noisy]);
  });
});

test('a condition can be made of the embedding, and an abort frees everything', async () => {
  await expectNoLeak(async () => {
    const clean = latents();
    const none = tf.zeros([2, 1]);
    const wrapped: Denoiser = {
      ...denoiser,
      predict: (x, t, condition) => embedded.predict(x, t, (condition as { text: Tensor }).text),
    };
    const stop = new AbortController();
    const asked: unknown[] = [];
    const options = {
      denoiser: wrapped,
      schedule: trained,
      times,
      condition: { text: none },
      unconditional: none,
      conditionOf: (text: Tensor) => {
        if (asked.push(text) > 3) stop.abort();
        return { text };
      },
      tolerance: 0,
      signal: stop.signal,
    };
    await expect(nullTextInversion(clean, options)).rejects.toThrow(
      expect.objectContaining({ code: 'aborted' }),
    );
    expect(asked.length).toBeGreaterThan(3);
    tf.dispose([clean, none]);
  });
});
