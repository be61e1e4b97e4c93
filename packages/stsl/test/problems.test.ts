import { beforeAll, describe, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { fromRows, qr, type Array64 } from '@lab/tensor-core/linalg64';
import { key, normal, normal64 } from '@lab/tensor-core/random';
import {
  clampEstimate,
  fromArray64,
  mixtureDenoiser,
  sample,
  tensorSpace,
  toArray64,
  type Denoiser,
} from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import {
  denoising,
  diffPir,
  gmlDps,
  identityAutoencoder,
  imageProblem,
  inpainting,
  ldps,
  linearAutoencoder,
  linearProblem,
  mixturePrior,
  momentMatched,
  p2l,
  psld,
  reSample,
  runMethod,
  stsl,
  stslRestore,
  stslSample,
  superResolution,
  type GuidanceTerms,
} from '../src';
import { near, trained } from './support';

beforeAll(() => engine({ prefer: 'wasm' }));

const law = {
  weights: [0.4, 0.6],
  means: [
    [-1, 0.5, 0.2],
    [1.2, -0.5, 0.4],
  ],
  covariances: [0.3, 0.5],
  schedule: trained,
};
const prior = mixturePrior(law);
const denoiser = mixtureDenoiser({ ...law, space: tensorSpace });
const imageShape = [4, 4, 1];
const basis = qr({ shape: [16, 3], data: normal64(key(1), [16, 3]) }).q;
const autoencoder = linearAutoencoder({ basis, scale: 1.4, mean: normal64(key(2), 16), imageShape });
const model = { denoiser, schedule: trained, autoencoder };
const operator = superResolution({ factor: 2, kernel: 'average' });
const [z64, y64] = [
  { shape: [2, 3], data: normal64(key(3), [2, 3]) },
  { shape: [2, 2, 2, 1], data: normal64(key(4), [2, 4]) },
];

/** The operator as a matrix [m, p], column by column. */
async function matrixOf(): Promise<Array64> {
  const columns = tf.tidy(() => operator.forward(tf.reshape(tf.eye(16), [16, ...imageShape])));
  const { data } = await toArray64(columns);
  columns.dispose();
  return {
    shape: [4, 16],
    data: Float64Array.from({ length: 64 }, (_, at) => data[(at % 16) * 4 + Math.floor(at / 16)]!),
  };
}

describe('networks and closed forms are one problem', () => {
  const terms: [string, (probe: Array64) => GuidanceTerms<Array64>][] = [
    ['the squared residual', () => ({ data: { weight: 0.7, form: 'squared' } })],
    ['its norm', () => ({ data: { weight: 0.7, form: 'norm' } })],
    [
      'its norm by the mean of 1 / |y|, for photon counts',
      () => ({ data: { weight: 0.1, form: 'poisson' } }),
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
