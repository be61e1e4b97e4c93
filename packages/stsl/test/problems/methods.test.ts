import { beforeAll, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { fromRows } from '@lab/tensor-core/linalg64';
import { key } from '@lab/tensor-core/random';
import { clampEstimate, fromArray64, sample, toArray64 } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import {
  diffPir,
  gmlDps,
  identityAutoencoder,
  imageProblem,
  inpainting,
  ldps,
  momentMatched,
  p2l,
  psld,
  reSample,
  runMethod,
  stsl,
} from '../../src';
import { near, trained } from '../support';
import { denoiser, model, operator, y64, z64 } from './small-model';

beforeAll(() => engine({ prefer: 'wasm' }));

test('the conjugate-gradient proximal map of a mask is (m y + rho x) / (m + rho)', async () => {
  await expectNoLeak(async () => {
    const y = tf.tensor([0.4, 0], [1, 1, 2, 1]);
    const x = tf.tensor([0.1, 0.7], [1, 1, 2, 1]);
    const problem = imageProblem({
      denoiser,
      schedule: trained,
      autoencoder: identityAutoencoder(),
      operator: inpainting(fromRows([[1, 0]])),
      y,
    });
    const found = await problem.proximal(x, 0.25);
    expect(near(await found.data(), [0.34, 0.7])).toBeLessThan(1e-6);
    tf.dispose([y, x, found]);
  });
});

test('every method runs on tensors, frees what it makes, and leaves its neighbours alone', async () => {
  const methods = [
    ldps({ strength: 0.2 }),
    psld({ strength: 0.2 }),
    gmlDps({ strength: 0.2 }),
    p2l({ strength: 0.2 }),
    diffPir({ deviation: 0.2 }),
    reSample(),
    momentMatched({ deviation: 0.2, iterations: 5 }),
  ];
  for (const method of methods)
    await expectNoLeak(async () => {
      const run = async (count: number): Promise<Float64Array> => {
        const y = fromArray64({ shape: [count, 2, 2, 1], data: y64.data.slice(0, 4 * count) });
        const start = fromArray64({ shape: [count, 3], data: z64.data.slice(0, 3 * count) });
        const problem = imageProblem({ ...model, operator, y });
        const { latents } = await runMethod(problem, method, {
          steps: 4,
          init: { state: start },
          key: key(1),
        });
        const { data } = await toArray64(latents);
        tf.dispose([y, start, latents]);
        return data;
      };
      const [one, two] = [await run(1), await run(2)];
      expect(near(one, two.slice(0, 3))).toBeLessThan(1e-4);
    });
});

test('STSL composes with a bound on tensors', async () => {
  await expectNoLeak(async () => {
    const [y, z] = [fromArray64(y64), fromArray64(z64)];
    const problem = imageProblem({ ...model, operator, y });
    const { samples } = await sample(denoiser, {
      schedule: trained,
      steps: 6,
      init: z,
      key: key(2),
      controls: [clampEstimate<Tensor>({ low: -0.3, high: 0.3 }), await stsl(problem, { inner: 2 })],
    });
    const { data } = await toArray64(samples);
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(0.3 + 1e-6);
    tf.dispose([y, z, samples]);
  });
});
