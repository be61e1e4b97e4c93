import { disposeTree, engine, random } from '@lab/tensor-core';
import { discreteNelbo, remaskingLoop } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { adlm, autoregressive, mdlm } from '../src';
import { perturbed } from './support/perturbed';

beforeAll(() => engine());

const sizes = { vocabSize: 13, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };
const model = adlm(sizes);

describe('sampling with a network', () => {
  // T35 with a network: batches of other sizes must not change a bit
  test.each(['eager', 'compiled'] as const)('%s: the cache changes nothing but the cost', async (how) => {
    const params = perturbed(model.init(random.key(0)), random.key(1));
    const run = (cache: boolean) =>
      model.sample(params, {
        shape: [3, 10],
        steps: 40,
        solver: remaskingLoop(),
        key: random.key(2),
        cache,
        engine: how,
      });
    const [cached, plain] = [await run(true), await run(false)];
    expect(cached.samples).toEqual(plain.samples);
    expect(cached.sequencesPredicted).toBeLessThan(plain.sequencesPredicted);
    disposeTree(params);
  });

  test('the first sequence of a batch is the sequence alone', async () => {
    const params = perturbed(model.init(random.key(0)), random.key(1));
    const options = { steps: 10, key: random.key(3), engine: 'eager' as const };
    const many = await model.sample(params, { shape: [3, 8], ...options });
    const one = await model.sample(params, { shape: [1, 8], ...options });
    expect(Array.from(many.samples.data.subarray(0, 8))).toEqual(Array.from(one.samples.data));
    disposeTree(params);
  });

  test('a step can be asked for the anchors that it saw', async () => {
    const params = perturbed(model.init(random.key(0)), random.key(1));
    const sizesSeen: number[] = [];
    await model.sample(params, {
      shape: [1, 4],
      steps: 2,
      key: random.key(0),
      onStep: async ({ predictionOf }) => {
        const { prediction } = predictionOf(0);
        const anchors = await prediction.anchorLogits();
        expect(Array.from(anchors)).not.toEqual(Array.from(prediction.logits));
        sizesSeen.push(anchors.length);
      },
    });
    expect(sizesSeen).toEqual([4 * 13, 4 * 13]);
    disposeTree(params);
  });

  test('an autoregressive model fills what is right of a prompt, and scores what its likelihood sums', async () => {
    const { conditionWidth: _, ...plain } = sizes;
    const ar = autoregressive(plain);
    const params = perturbed(ar.init(random.key(0)), random.key(1));
    const init = { shape: [2, 5], data: Int32Array.of(1, 2, 12, 12, 12, 3, 12, 4, 12, 12) };
    const { samples, modelCalls } = await ar.sample(params, { init, key: random.key(1) });
    expect([samples.data[0], samples.data[1], samples.data[5], samples.data[7]]).toEqual([1, 2, 3, 4]);
    expect(samples.data.includes(12)).toBe(false);
    expect(modelCalls).toBe(4);
    const scores = await ar.score(params, samples);
    const { nllPerToken } = await ar.likelihood(params, samples);
    expect(-scores.reduce((sum, each) => sum + each, 0) / 10).toBeCloseTo(nllPerToken, 9);
    await expect(ar.sample(params, { init, steps: 3, key: random.key(1) })).rejects.toMatchObject({
      code: 'argument',
    });
    disposeTree(params);
  });
});

// T9 in discrete time: an untrained network knows nothing at any number of steps
test('the bound of an untrained network is ln(V - 1) a token for any number of steps', async () => {
  const untrained = mdlm(sizes);
  const params = untrained.init(random.key(0));
  const denoiser = untrained.denoiser(params);
  const tokens = { shape: [1, 4], data: Int32Array.of(0, 3, 5, 11) };
  for (const steps of [1, 3, 50]) {
    const [bound] = await discreteNelbo(denoiser, tokens, { steps });
    expect(bound).toBeAllclose(4 * Math.log(12), { rtol: 1e-6 });
  }
  denoiser.dispose?.();
  disposeTree(params);
});
