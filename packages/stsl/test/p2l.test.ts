import { beforeAll, expect, test } from 'vitest';
import { engine, tf, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { expectNoLeak } from '@lab/testing';
import {
  denoising,
  imageProblem,
  ldps,
  p2l,
  promptTokens,
  runMethod,
  trainedTimes,
  tunePrompt,
  type Autoencoder,
} from '../src';
import { embedded, variances } from './editing/support';
import { near, trained } from './support';
import { curved } from './stsl/exact-problems';

beforeAll(() => engine({ prefer: 'wasm' }));

const size = 6;
const mix = normal(key(7), [size, size]);
const denoiser = embedded as Denoiser;
// A decoder that mixes what the embedding moves into every pixel.
const autoencoder: Autoencoder = {
  encode: (x) => tf.clone(x),
  decode: (z) => tf.matMul(z, tf.tensor2d(mix, [size, size])),
};
const rows = (seed: number, count = 2): Tensor => tf.tensor(normal(key(seed), [count, size]), [count, size]);
const problemOf = (y: Tensor, denoise = denoiser) =>
  imageProblem({ denoiser: denoise, schedule: trained, autoencoder, operator: denoising(), y });

test('the embedding goes to the least squares of what is measured, each example to its own', async () => {
  const t = 0.4;
  const [alpha, sigma] = [trained.alpha(t), trained.sigma(t)];
  await expectNoLeak(async () => {
    const [y, z, start] = [rows(1), rows(2), tf.zeros([1, 1])];
    const found = await tunePrompt(problemOf(y), z, {
      t,
      condition: start,
      iterations: 250,
      learningRate: 0.1,
    });
    expect(found.shape).toEqual([2, 1]);
    // x0 = (alpha v x + sigma^2 m) / (alpha^2 v + sigma^2), in which m is the embedding at the fifth number and 0 elsewhere.
    const total = variances.map((v) => alpha ** 2 * v + sigma ** 2);
    const direction = Array.from({ length: size }, (_, p) => (sigma ** 2 / total[4]!) * mix[4 * size + p]!);
    const [seen, states] = [await y.data(), await z.data()];
    const expected = [0, 1].map((b) => {
      const rest = Array.from({ length: size }, (_, p) =>
        variances.reduce(
          (left, v, i) => left - ((alpha * v * states[b * size + i]!) / total[i]!) * mix[i * size + p]!,
          seen[b * size + p]!,
        ),
      );
      const [along, norm] = [rest, direction].map((each) =>
        each.reduce((sum, value, p) => sum + value * direction[p]!, 0),
      ) as [number, number];
      return along / norm;
    });
    expect(Math.abs(expected[0]! - expected[1]!)).toBeGreaterThan(0.1);
    expect(near(await found.data(), expected)).toBeLessThan(2e-3);
    tf.dispose([y, z, start, found]);
  });
});

test('without steps of Adam and without projections P2L is LDPS; with either it is not', async () => {
  await expectNoLeak(async () => {
    const [y, init, condition] = [rows(3), rows(4), tf.fill([2, 1], 0.5)];
    const run = async (method: Parameters<typeof runMethod>[1]) => {
      const problem = problemOf(y);
      const { latents, stats } = await runMethod(problem, method, {
        times: trainedTimes({ steps: 9 }),
        init: { state: init },
        condition,
        key: key(0),
      });
      const data = Array.from(await latents.data());
      latents.dispose();
      problem.dispose?.();
      return { data, stats };
    };
    const reference = await run(ldps({ strength: 0.2 }));
    const still = { strength: 0.2, every: Infinity } as const;
    expect(await run(p2l({ ...still, prompt: { iterations: 0 } }))).toMatchObject({ data: reference.data });
    const tuned = await run(p2l({ ...still, prompt: { iterations: 3, learningRate: 0.05 } }));
    expect(near(tuned.data, reference.data)).toBeGreaterThan(1e-2);
    const projected = await run(p2l({ strength: 0.2, every: 3 }));
    expect(near(projected.data, reference.data)).toBeGreaterThan(1e-2);
    // The paper's count: two a step with one step of Adam, 2000 in 1000 steps.
    const paper = await run(p2l({ prompt: {} }));
    expect([reference, paper, tuned].map(({ stats }) => stats.scoreEvaluations)).toEqual([9, 18, 36]);
    expect(paper.stats.nfePaper).toBe(18);
    tf.dispose([y, init, condition]);
  });
});

test('a text inside of a condition is tuned, and the rest of the condition stays', async () => {
  const told: unknown[] = [];
  const reading: Denoiser = {
    ...denoiser,
    predict(x, t, condition) {
      const { tokens, values } = condition as { tokens: Tensor; values: number };
      told.push(values);
      return embedded.predict(x, t, tokens);
    },
  };
  await expectNoLeak(async () => {
    const [y, z, tokens] = [rows(5), rows(6), tf.ones([2, 1])];
    const options = { t: 0.5, condition: { tokens, values: 3 }, iterations: 2, learningRate: 0.1 };
    const [inside, plain] = [
      await tunePrompt(problemOf(y, reading), z, options),
      await tunePrompt(problemOf(y), z, { ...options, condition: tokens }),
    ];
    expect(near(await inside.data(), await plain.data())).toBe(0);
    expect(new Set(told)).toEqual(new Set([3]));
    tf.dispose([y, z, tokens, inside, plain]);
  });
});

test('what cannot be tuned is refused, and everything is freed', async () => {
  expect(() => promptTokens.read({ values: 3 })).toThrow(/no embedding/);
  expect(() => p2l({ every: 0 })).toThrow(/every/);
  expect(() => p2l({ prompt: { learningRate: 0 } })).toThrow(/learningRate/);
  await expectNoLeak(async () => {
    const [y, z, three] = [rows(5), rows(6), tf.ones([3, 1])];
    const one = tf.ones([1, 1]);
    await expect(tunePrompt(problemOf(y), z, { t: 0.5, condition: three })).rejects.toThrow(
      expect.objectContaining({ code: 'shape' }),
    );
    const deaf: Denoiser = { predicts: 'epsilon', space: tensorSpace, predict: (x) => tf.mul(x, 0.5) };
    await expect(tunePrompt(problemOf(y, deaf), z, { t: 0.5, condition: one })).rejects.toThrow(
      /does not read the embedding/,
    );
    // The exact priors are told nothing of a text.
    await expect(
      runMethod(curved(), p2l({ prompt: {} }), { steps: 3, condition: one, key: key(0) }),
    ).rejects.toThrow(expect.objectContaining({ code: 'unsupported' }));
    tf.dispose([y, z, three, one]);
  });
});
