import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { mixtureDenoiser, tensorSpace } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import {
  denoising,
  identityAutoencoder,
  ldps,
  phaseRetrieval,
  restoreBy,
  stslRestore,
  tune,
  type MeasurementOperator,
} from '../src';
import { trainLatentPrior } from '../src/latent-prior';
import { trained } from './support';

beforeAll(() => engine({ prefer: 'wasm' }));

const size = 4;
const denoiser = mixtureDenoiser({
  weights: [1],
  means: [new Array<number>(size * size).fill(0)],
  covariances: 0.1,
  schedule: trained,
  space: tensorSpace,
});
const model = { denoiser, schedule: trained, autoencoder: identityAutoencoder() };
const run = { steps: 2, key: key(0) };

/** One image in [-1, 1] with noise of deviation 1, times a factor. */
const noisy = (factor: number): Tensor =>
  tf.tensor(
    normal(key(1), size * size).map((value, i) => factor * (Math.sin(i) + value)),
    [1, size, size, 1],
  );

describe('a measurement on another scale than images in [-1, 1]', () => {
  const restored = async (factor: number, operator: MeasurementOperator, seen = noisy(factor)) => {
    const y = operator.forward(seen);
    try {
      const { images, latents } = await stslRestore(y, operator, model, { ...run, init: 'noise' });
      tf.dispose([images, latents]);
    } finally {
      tf.dispose([seen, y]);
    }
  };
  test('is refused with what would bring it there, and everything freed', () =>
    expectNoLeak(async () => {
      await expect(restored(127.5, denoising())).rejects.toThrow(/none of images in \[-1, 1\].*127\.5/);
      await expect(restored(127.5, phaseRetrieval())).rejects.toThrow(
        expect.objectContaining({ code: 'argument' }),
      );
      const bytes = noisy(127.5);
      await expect(restoreBy(bytes, denoising(), model, { ...run, method: ldps() })).rejects.toThrow(
        /none of images/,
      );
      bytes.dispose();
    }));
  test('strong noise is no other scale', () =>
    expectNoLeak(async () => {
      await restored(1, denoising());
      await restored(1, phaseRetrieval());
    }));
});

describe('clean images beyond [-1, 1]', () => {
  const image = (value: number) => ({ shape: [2, 2, 1], data: Float64Array.of(0, 0.5, -1, value) });
  test('are refused in training a latent prior', async () => {
    const options = { autoencoder: identityAutoencoder(), key: key(0) };
    await expect(trainLatentPrior([image(1), image(255)], options)).rejects.toThrow(
      /images have values in \[-1, 1\].*received: 255/,
    );
    await expect(trainLatentPrior([image(-1.06)], options)).rejects.toThrow(/at most 1\.05/);
  });
  test('are refused as a truth to tune by, and a little overshoot is not', async () => {
    const options = (value: number) => {
      const truth = { shape: [1, 2, 2, 1], data: image(value).data };
      return {
        restore: () => Promise.resolve(truth),
        truth,
        measure: (x: Array64) => x,
        y: truth,
        deviation: 0.1,
      };
    };
    await expect(tune([1], options(2))).rejects.toThrow(/truth: images have values/);
    expect(await tune([1], options(1.04))).toHaveLength(1);
  });
});
