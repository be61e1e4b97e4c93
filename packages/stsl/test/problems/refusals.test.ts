import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import { denoising, imageProblem, linearAutoencoder, stslRestore } from '../../src';
import { denoiser, imageShape, model, operator } from './small-model';

beforeAll(() => engine({ prefer: 'wasm' }));

describe('refusals', () => {
  const restore = async (shape: number[], changes: object = {}, denoise: Denoiser = denoiser) => {
    const y = tf.tensor(normal(key(1), shape), shape);
    try {
      const { images, latents } = await stslRestore(
        y,
        operator,
        { ...model, denoiser: denoise },
        { steps: 2, init: 'noise', key: key(0), ...changes },
      );
      tf.dispose([images, latents]);
    } finally {
      y.dispose();
    }
  };
  test('a measurement of another shape', async () => {
    await expect(restore([2, 4, 4, 1])).rejects.toThrow(expect.objectContaining({ code: 'shape' }));
  });
  test('a denoiser that no gradient comes back from, with everything freed', async () => {
    const frozen: Denoiser = { predicts: 'sample', space: tensorSpace, predict: (x) => tf.zerosLike(x) };
    await expectNoLeak(() =>
      expect(restore([2, 2, 2, 1], { eta: 0 }, frozen)).rejects.toThrow(/no gradient comes back/),
    );
    const slow: Denoiser = { ...denoiser, predict: (x, t) => Promise.resolve(denoiser.predict(x, t)) };
    await expectNoLeak(() => expect(restore([2, 2, 2, 1], {}, slow)).rejects.toThrow(/synchronous/));
  });
  test('a proximal point without an adjoint', async () => {
    const { adjoint: _, ...plain } = denoising();
    const y = tf.tensor(normal(key(1), [1, ...imageShape]), [1, ...imageShape]);
    const problem = imageProblem({ ...model, operator: plain, y });
    const z = tf.zeros([1, 3]);
    await expect(problem.proximal(z, 1)).rejects.toThrow(/has no adjoint/);
    tf.dispose([y, z]);
  });
  test('an autoencoder whose columns are not orthonormal', () => {
    expect(() => linearAutoencoder({ basis: { shape: [2, 2], data: Float64Array.of(1, 1, 0, 1) } })).toThrow(
      /orthonormal/,
    );
  });
});
