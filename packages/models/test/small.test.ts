import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fitImage } from '@lab/datasets/images';
import { loadDigits, loadPhotograph } from '@lab/datasets/node';
import { classifierFreeGuidance, flowOde, sample, toArray64 } from '@lab/diffusion-core';
import { psnr } from '@lab/diffusion-core/metrics';
import { disposeTree, engine, tf, treeLeaves, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, expect, test } from 'vitest';
import { loadSmallModel, smallModels, type SmallModelName } from '../src/small';
import {
  digitsClassifierNetwork,
  digitsFlowNetwork,
  digitsUnetNetwork,
  photographsAutoencoderNetwork,
} from '../src/small/networks';
import { packHalves } from '../src/small/pack';

const names = Object.keys(smallModels) as SmallModelName[];
const packaged = names.filter((name) => smallModels[name].packaged);
const file = (name: string): string => join(import.meta.dirname, '..', 'weights', `${name}.safetensors`);

beforeAll(async () => {
  await engine();
});

test.each(packaged)('%s is as its table says, small, and frees what it loads', async (name) => {
  const { size } = await stat(file(name));
  expect(size).toBeLessThan(1.5e6);
  await expectNoLeak(async () => {
    const { info, params, dispose } = await loadSmallModel(name);
    const count = treeLeaves(params as never).reduce((sum: number, leaf: Tensor) => sum + leaf.size, 0);
    expect(count).toBe(info.parameters);
    dispose();
  });
});

async function shares(images: Tensor, wanted: ArrayLike<number>): Promise<number> {
  const classifier = await loadSmallModel('digits-classifier');
  const chosen = tf.tidy(() => tf.argMax(classifier.classify(images).logits, -1));
  const shown = await chosen.data();
  chosen.dispose();
  classifier.dispose();
  return Array.from(shown).filter((label, i) => label === wanted[i]).length / shown.length;
}

test('the classifier knows digits that it has not seen', async () => {
  const { images, labels } = await loadDigits({ split: 'test' });
  const data = Float32Array.from(images.subarray(0, 400 * 784), (grey) => grey / 127.5 - 1);
  expect(await shares(tf.tensor4d(data, [400, 28, 28, 1]), labels)).toBeGreaterThan(0.95);
});

// Until their weights are in the package there is nothing to sample from.
test.each((['digits-flow', 'digits-unet'] as const).filter((name) => smallModels[name].packaged))(
  '%s draws the digit that is asked for',
  async (name) => {
    const { denoiser, schedule, dispose } = await loadSmallModel(name);
    const condition = Array.from({ length: 40 }, (_, i) => i % 10);
    const guided = classifierFreeGuidance(denoiser, { scale: 2 });
    const solver = name === 'digits-flow' ? { solver: flowOde() } : {};
    const run = { schedule, ...solver, steps: 20, shape: [40, 28, 28, 1], condition, key: key(0) };
    const { samples } = await sample(guided, run);
    dispose();
    expect(await shares(samples, condition)).toBeGreaterThanOrEqual(0.9);
    // Ink and paper, as in the data: neither blank nor a blur.
    const spread = tf.moments(samples).variance.dataSync()[0]!;
    expect(spread).toBeGreaterThan(0.2);
    expect(spread).toBeLessThan(0.7);
    samples.dispose();
  },
);

test.skipIf(!smallModels['photographs-autoencoder'].packaged)(
  'the autoencoder returns a photograph that it has not seen',
  async () => {
    const { image } = await loadPhotograph('nagasaki-boats');
    const { shape, data } = fitImage(image, { height: 96, width: 96 });
    const x = tf.tensor(
      Float32Array.from(data, (each) => 2 * each - 1),
      [1, ...shape],
    );
    const { model, encode, decode, dispose } = await loadSmallModel('photographs-autoencoder');
    const z = encode(x);
    expect(z.shape).toEqual([1, 24, 24, model.latentChannels]);
    const back = decode(z);
    expect(psnr(await toArray64(back), await toArray64(x), { range: 2 })[0]).toBeGreaterThan(22);
    dispose();
  },
);

const networks = {
  'digits-flow': digitsFlowNetwork,
  'digits-unet': digitsUnetNetwork,
  'photographs-autoencoder': photographsAutoencoderNetwork,
  'digits-classifier': digitsClassifierNetwork,
};

test.each(names)('%s comes back from its file, in halves', async (name) => {
  await expectNoLeak(async () => {
    const drawn = networks[name]().init(key(3));
    const source = await packHalves(drawn);
    const { info, params, dispose } = await loadSmallModel(name, { source });
    const [before, after] = [drawn, params].map((tree) => treeLeaves(tree as never) as Tensor[]) as [
      Tensor[],
      Tensor[],
    ];
    expect(after.reduce((sum, leaf) => sum + leaf.size, 0)).toBe(info.parameters);
    // A half has 11 bits: half a unit in the last place is 2^-11 of the value, 2^-25 below the smallest normal.
    for (const [i, leaf] of after.entries())
      expect(await leaf.data()).toBeAllclose(await before[i]!.data(), { rtol: 2 ** -11, atol: 2 ** -25 });
    dispose();
    disposeTree(drawn);
  });
});

test('weights come as bytes or from an address; others are refused', async () => {
  const bytes = new Uint8Array(await readFile(file('digits-classifier')));
  const own = await loadSmallModel('digits-classifier', { source: bytes });
  own.dispose();
  const address = `data:application/octet-stream;base64,${Buffer.from(bytes).toString('base64')}`;
  (await loadSmallModel('digits-classifier', { source: address })).dispose();
  await expectNoLeak(async () => {
    await expect(loadSmallModel('digits-flow', { source: bytes })).rejects.toThrow(/not those of the tree/);
    await expect(loadSmallModel('digits-flow', { source: 'http://127.0.0.1:9/' })).rejects.toMatchObject({
      code: 'missing',
    });
    await expect(loadSmallModel('faces' as 'digits-flow')).rejects.toThrow(/no small model/);
  });
  const drawn = digitsFlowNetwork().init(key(0));
  const { denoiser, dispose } = await loadSmallModel('digits-flow', { source: await packHalves(drawn) });
  const x = tf.zeros([2, 28, 28, 1]);
  expect(() => denoiser.predict(x, 0.5, [3])).toThrow(/one class for each/);
  expect(() => denoiser.predict(x, 0.5, [3, 10])).toThrow(/from 0 to 9/);
  dispose();
});

// Methods that steer by the posterior mean differentiate a prediction, told a class or not: along its own gradient a function
// changes by the gradient's square.
test('a prediction has a gradient with respect to the state', async () => {
  const { denoiser, dispose } = await loadSmallModel('digits-flow');
  const x = tf.tensor4d(normal(key(1), [2, 28, 28, 1]), [2, 28, 28, 1]);
  const f = (state: Tensor) =>
    tf.sum(tf.square(denoiser.predict(state, 0.5, [3, 7], { engine: 'eager' }) as Tensor));
  const gradient = tf.grad(f)(x);
  const [h, square] = [1e-3, tf.sum(tf.square(gradient)).dataSync()[0]!];
  const [up, down] = [h, -h].map((each) => {
    const length = each / Math.sqrt(square);
    return tf.tidy(() => f(tf.add(x, tf.mul(gradient, length))).dataSync()[0]!);
  }) as [number, number];
  expect(square).toBeGreaterThan(0);
  expect((up - down) / (2 * h) / Math.sqrt(square)).toBeCloseTo(1, 1);
  dispose();
});
