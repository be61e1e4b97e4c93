import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal64 } from '@lab/tensor-core/random';
import { fromArray64, toArray64 } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import { imageProblem, linearProblem, stslRestore, stslSample, type GuidanceTerms } from '../../src';
import { near } from '../support';
import { autoencoder, matrixOf, model, operator, prior, y64, z64 } from './small-model';

beforeAll(() => engine({ prefer: 'wasm' }));

describe('networks and closed forms are one problem', () => {
  const terms: [string, (probe: Array64) => GuidanceTerms<Array64>][] = [
    ['the squared residual', () => ({ data: { weight: 0.7, form: 'squared' } })],
    ['its norm', () => ({ data: { weight: 0.7, form: 'norm' } })],
    [
      'its norm by the mean of 1 / |y|, for photon counts',
      () => ({ data: { weight: 0.1, form: 'poisson' } }),
    ],
    ['the score detached', () => ({ data: { weight: 0.7, form: 'squared' }, detachScore: true })],
    [
      'the score detached from the data, not from the curvature',
      (probe) => ({
        data: { weight: 0.7, form: 'norm' },
        curvature: { weight: 0.4, probe, scale: 0.5 },
        detachScore: true,
      }),
    ],
    ['nothing below the slack', () => ({ data: { weight: 0.7, form: 'norm', slack: 15 } })],
    ['gluing', () => ({ gluing: { weight: 0.5, kind: 'measurement' } })],
    ['the curvature', (probe) => ({ curvature: { weight: 0.4, probe, scale: 0.5 } })],
    [
      'the curvature over the residual',
      (probe) => ({
        data: { weight: 0.7, form: 'norm' },
        curvature: { weight: 0.4, probe, scale: 0.5, overResidual: true },
      }),
    ],
    [
      'all at once',
      (probe) => ({
        data: { weight: 0.2, form: 'squared', slack: 15 },
        gluing: { weight: 0.5, kind: 'measurement' },
        curvature: { weight: 0.4, probe, scale: 1 },
      }),
    ],
  ];
  test.each(
    terms.flatMap(([name, termsOf]) =>
      (['eager', 'compiled'] as const).map((engine) => [name, engine, termsOf] as const),
    ),
  )('%s, %s', async (_, engine, termsOf) => {
    const exact = linearProblem({
      prior,
      matrix: await matrixOf(),
      y: { shape: [2, 4], data: y64.data },
      autoencoder,
    });
    const probe = { shape: [2, 3], data: normal64(key(5), [2, 3]) };
    const expected = await exact.gradient(z64, termsOf(probe), { t: 0.3 });
    await expectNoLeak(async () => {
      const [y, z, xi] = [fromArray64(y64), fromArray64(z64), fromArray64(probe)];
      const problem = imageProblem({ ...model, operator, y, engine });
      const { curvature, ...rest } = termsOf(probe);
      const found = await problem.gradient(
        z,
        { ...rest, ...(curvature && { curvature: { ...curvature, probe: xi } }) },
        { t: 0.3 },
      );
      expect(near((await toArray64(found.gradient)).data, expected.gradient.data)).toBeLessThan(2e-4);
      expect(near((await toArray64(found.noise)).data, expected.noise.data)).toBeLessThan(1e-4);
      expect(near(found.residuals, expected.residuals)).toBeLessThan(1e-3);
      problem.dispose?.();
      tf.dispose([y, z, xi, found.gradient, found.noise]);
    });
  });

  test('norm, proximal point and moment matching', async () => {
    const exact = linearProblem({
      prior,
      matrix: await matrixOf(),
      y: { shape: [2, 4], data: y64.data },
      autoencoder,
    });
    await expectNoLeak(async () => {
      const [y, z] = [fromArray64(y64), fromArray64(z64)];
      const problem = imageProblem({ ...model, operator, y });
      expect((await problem.squaredNorm(30)) / (await exact.squaredNorm(Infinity))).toBeCloseTo(1, 3);
      const [near1, pull] = [
        await problem.proximal(z, 0.2),
        await problem.momentMatched(z, { t: 0.3, deviation: 0.2 }),
      ];
      expect(near((await toArray64(near1)).data, (await exact.proximal(z64, 0.2)).data)).toBeLessThan(1e-4);
      const expected = (await exact.momentMatched(z64, { t: 0.3, deviation: 0.2 })).data;
      expect(near((await toArray64(pull)).data, expected)).toBeLessThan(
        2e-3 * Math.max(...expected.map(Math.abs)),
      );
      tf.dispose([y, z, near1, pull]);
    });
  });

  test('STSL ends in the same latents', async () => {
    const exact = linearProblem({
      prior,
      matrix: await matrixOf(),
      y: { shape: [2, 4], data: y64.data },
      autoencoder,
    });
    const options = { steps: 8, inner: 3, eta: 0.3, key: key(6) };
    const expected = await stslSample(exact, { ...options, init: { state: z64 } });
    await expectNoLeak(async () => {
      const [y, z] = [fromArray64(y64), fromArray64(z64)];
      const { images, latents, stats } = await stslRestore(y, operator, model, {
        ...options,
        init: { state: z },
      });
      expect(near((await toArray64(latents)).data, expected.latents.data)).toBeLessThan(2e-3);
      expect(images.shape).toEqual([2, 4, 4, 1]);
      expect(stats).toMatchObject({ nfePaper: 24, scoreEvaluations: 8 * 7 });
      tf.dispose([y, z, images, latents]);
    });
  });
});
