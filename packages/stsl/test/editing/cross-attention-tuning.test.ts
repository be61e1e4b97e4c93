import { beforeAll, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { sample, type Control, type Denoiser } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import {
  contentPull,
  crossAttentionTuning,
  fromStep,
  identityAutoencoder,
  patchContrast,
  targetShare,
  trainedTimes,
} from '../../src';
import { trained } from '../support';
import { embedded } from './support';

beforeAll(() => engine({ prefer: 'wasm' }));

test('the contrast of orthogonal places is log(1 + (n - 1) exp(-1 / temperature))', async () => {
  await expectNoLeak(async () => {
    const places = tf.tidy(() => tf.mul(tf.reshape(tf.eye(5), [1, 5, 5]), 3));
    const mixed = tf.reverse(places, 1);
    const [same, other] = [
      patchContrast(places, places, { temperature: 0.5 }),
      patchContrast(places, mixed, { temperature: 0.5 }),
    ];
    const floor = Math.log(1 + 4 * Math.exp(-2));
    expect((await same.data())[0]).toBeCloseTo(floor, 5);
    // Four of five places meet another: there the numerator is exp(0), and the denominator the same sum.
    expect((await other.data())[0]).toBeCloseTo(floor + (4 / 5) * 2, 5);
    const fewer = tf.zeros([1, 4, 5]);
    expect(() => patchContrast(places, fewer)).toThrow(expect.objectContaining({ code: 'shape' }));
    tf.dispose([fewer, places, mixed, same, other]);
  });
});

test('the pull lowers the contrast to the source, by its weight over the entries', async () => {
  const source = tf.tensor(normal(key(1), [2, 6]), [2, 6]);
  const start = tf.tensor(normal(key(2), [2, 6]), [2, 6]);
  const features = (x: Tensor): Tensor => tf.reshape(x, [x.shape[0], 3, 2]);
  const model = {
    denoiser: embedded as Denoiser,
    schedule: trained,
    autoencoder: identityAutoencoder(),
  };
  const contrast = async (x: Tensor): Promise<number> => {
    const value = tf.tidy(() => tf.sum(patchContrast(features(x), features(source), { temperature: 1 })));
    const [found] = await value.data();
    value.dispose();
    return found!;
  };
  await expectNoLeak(async () => {
    const results: number[] = [];
    for (const weight of [0, 2, 6]) {
      const pull = await contentPull({ ...model, features, source, weight, temperature: 1 });
      const { samples } = await sample(model.denoiser, {
        schedule: trained,
        times: trainedTimes({ steps: 20 }),
        init: start,
        key: key(0),
        controls: [fromStep(pull, 5)],
      });
      results.push(await contrast(samples));
      samples.dispose();
    }
    expect(results[1]).toBeLessThan(results[0]!);
    expect(results[2]).toBeLessThan(results[1]!);
  });
  tf.dispose([source, start]);
  await expect(contentPull({ ...model, features, source: start, weight: -1 })).rejects.toThrow(/weight/);
});

test('a share is the length of every step, along the same gradient', async () => {
  const features = (x: Tensor): Tensor => tf.reshape(x, [x.shape[0], 3, 2]);
  const model = { denoiser: embedded as Denoiser, schedule: trained, autoencoder: identityAutoencoder() };
  const source = tf.tensor(normal(key(1), [2, 6]), [2, 6]);
  const x = tf.tensor(normal(key(2), [2, 6]), [2, 6]);
  const moved = async (options: { share?: number; weight?: number }): Promise<number[][]> => {
    const pull = await contentPull({ ...model, ...options, features, source, temperature: 1 });
    const next = await pull.state!(x, { tNext: 0.5 } as never);
    const difference = tf.tidy(() => tf.sub(next, x).arraySync() as number[][]);
    next.dispose();
    return difference;
  };
  const [shared, weighed] = [await moved({ share: 0.03 }), await moved({ weight: 6 })];
  for (const [i, row] of (x.arraySync() as number[][]).entries()) {
    const [length, other] = [Math.hypot(...shared[i]!), Math.hypot(...weighed[i]!)];
    expect(length / Math.hypot(...row)).toBeCloseTo(0.03, 6);
    const cosine = shared[i]!.reduce((sum, each, j) => sum + each * weighed[i]![j]!, 0) / length / other;
    expect(cosine).toBeCloseTo(1, 4);
  }
  await expect(contentPull({ ...model, features, source, share: -1 })).rejects.toThrow(/share/);
  tf.dispose([source, x]);
});

test('the measurement acts before the step that is named, the content from it on', async () => {
  const acted: Record<string, number[]> = { measurement: [], content: [] };
  const noting = (name: string): Control => ({
    name,
    state: (x, { index }) => {
      acted[name]!.push(index);
      return x;
    },
  });
  const init = tf.zeros([1, 6]);
  const { samples } = await sample(embedded as Denoiser, {
    schedule: trained,
    times: trainedTimes({ steps: 6 }),
    init,
    key: key(0),
    controls: crossAttentionTuning({
      measurement: noting('measurement'),
      content: noting('content'),
      until: 4,
    }),
  });
  expect(acted).toEqual({ measurement: [0, 1, 2, 3], content: [4, 5] });
  expect(() => fromStep(noting('content'), -1)).toThrow(expect.objectContaining({ code: 'argument' }));
  tf.dispose([init, samples]);
});

test('the share of images nearer to the text that was wanted', () => {
  const [source, target] = [fromRows([[1, 0]]), fromRows([[0, 1]])];
  const images = fromRows([
    [1, 2],
    [3, 1],
    [0.1, 5],
    [1, 1.1],
  ]);
  expect(targetShare(images, { source, target })).toBe(0.75);
});
