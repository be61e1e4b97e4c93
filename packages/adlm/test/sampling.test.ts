import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import { discreteNelbo, remaskingLoop } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { a2r, adlm, autoregressive, mdlm, type CausalLanguageModel } from '../src';
import { perturbed } from './support/perturbed';

beforeAll(() => engine());

const sizes = { vocabSize: 13, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };
const model = adlm(sizes);

describe('sampling with a network', () => {
  // With a network: batches of other sizes must not change a bit
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
    // Each place leaves its keys and values to those after it, given ones too.
    expect(modelCalls).toBe(5);
    const scores = await ar.score(params, samples);
    const { nllPerToken } = await ar.likelihood(params, samples);
    expect(-scores.reduce((sum, each) => sum + each, 0) / 10).toBeCloseTo(nllPerToken, 9);
    await expect(ar.sample(params, { init, steps: 3, key: random.key(1) })).rejects.toMatchObject({
      code: 'argument',
    });
    disposeTree(params);
  });
});

describe('autoregressive sampling', () => {
  const { conditionWidth: _, ...plain } = sizes;
  const models: [string, (start: number | 'first') => CausalLanguageModel<object>][] = [
    ['AR', (start) => autoregressive({ ...plain, start })],
    ['A2R', (start) => a2r({ ...plain, start })],
  ];
  test.each(models)('%s: each token is drawn as the whole sequence before it says', async (_name, make) => {
    for (const start of [12, 'first'] as const)
      for (const how of ['eager', 'compiled'] as const) {
        const model = make(start);
        const params = perturbed(model.init(random.key(0)), random.key(1));
        const init = { shape: [2, 6], data: new Int32Array(12).fill(12) };
        if (start === 'first') [init.data[0], init.data[6]] = [3, 4];
        const seen: Float32Array[] = [];
        const { samples } = await expectNoLeak(() =>
          model.sample(params, {
            init,
            key: random.key(5),
            engine: how,
            onStep: ({ predictionOf }) =>
              void seen.push(Float32Array.from(predictionOf(0).prediction.logits)),
          }),
        );
        const places = start === 'first' ? 5 : 6;
        const inputs = Int32Array.from({ length: 2 * places }, (_, i) => {
          const [row, at] = [Math.floor(i / places), i % places];
          if (start === 'first') return samples.data[row * 6 + at]!;
          return at === 0 ? start : samples.data[row * 6 + at - 1]!;
        });
        const whole = tf.tidy(() =>
          tf
            .transpose(model.nextLogits(params, tf.tensor2d(inputs, [2, places], 'int32')), [1, 0, 2])
            .arraySync(),
        ) as number[][][];
        whole.forEach((expected, at) => {
          const own = seen[at + (6 - places)]!;
          expect(own).toHaveLength(2 * 13);
          expect(tf.tensor1d(own)).toBeAllclose(tf.tensor1d(expected.flat()), { rtol: 1e-4, atol: 1e-5 });
        });
        disposeTree(params);
      }
  });
});

// In discrete time: an untrained network knows nothing at any number of steps
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
