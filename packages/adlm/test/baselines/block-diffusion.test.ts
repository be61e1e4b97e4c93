import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import {
  crossEntropy,
  firstHitting,
  maskedTokenLoss,
  tokenTransformer,
  withoutMask,
  type KeyValues,
  type Place,
} from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { bd3lm, blockTimes } from '../../src';
import { blockVisibility } from '../../src/baselines/block-visibility';
import { perturbed } from '../support/perturbed';
import { ids, maskId, sizes, tensorOf } from '../support/small';

beforeAll(() => engine());

describe('BD3LM', () => {
  test('noisy places see their block and the clean blocks before it', () => {
    expect(Array.from(blockVisibility(2, 1))).toEqual([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1]);
  });

  test('the search for times finds that always masking single tokens leaves no noise', async () => {
    const make = (times: readonly [number, number]) => bd3lm({ ...sizes, blockSize: 1, times });
    const params = perturbed(make([1, 1]).init(random.key(1)), random.key(2));
    const options = { params, tokens: ids(2, 6), draws: 3, key: random.key(4) };
    const { times, variances } = await expectNoLeak(() =>
      blockTimes(make, {
        ...options,
        candidates: [
          [1e-3, 1],
          [1, 1],
        ],
      }),
    );
    expect(times).toEqual([1, 1]);
    // Without a draw that matters all gradients are the same; with times from all of [0, 1] they are not.
    expect(variances[1]!.variance).toBeLessThan(1e-6);
    expect(variances[0]!.variance).toBeGreaterThan(1e-3);
    await expect(blockTimes(make, { ...options, draws: 1 })).rejects.toThrow(/two draws/);
  });

  test('one block is MDLM; blocks of one token, always masked, are an autoregressive model', () => {
    const network = tokenTransformer(sizes);
    const params = perturbed(network.init(random.key(1)), random.key(2));
    const tokens = ids(2, 6);
    const whole = bd3lm({ ...sizes, blockSize: 6 });
    const batch = whole.batch(tokens, { key: random.key(3), progress: 0 });
    const mdlmLoss = tf.tidy(() =>
      tf.sum(
        tf.mul(batch.weights, maskedTokenLoss(network.apply(params, batch.noisy), { ...batch, maskId })),
      ),
    );
    expect(whole.loss(params, batch, random.key(0))).toBeAllclose(mdlmLoss, { rtol: 1e-5 });

    const single = bd3lm({ ...sizes, blockSize: 1, times: [1, 1] });
    const each = single.batch(tokens, { key: random.key(3), progress: 0 });
    expect(Array.from(each.noisy.dataSync()).every((id) => id === maskId)).toBe(true);
    // token by token: a mask alone after the clean tokens before it, which attend causally
    let nll = 0;
    for (let row = 0; row < 2; row++)
      for (let place = 0; place < 6; place++)
        nll += tf.tidy(() => {
          const own = tokens.data.subarray(row * 6, row * 6 + place);
          const input = tf.tensor2d(Int32Array.of(...own, maskId), [1, place + 1], 'int32');
          const causal = tokenTransformer({ ...sizes, causal: true });
          const logits = tf.slice(causal.apply(params, input), [0, place, 0], [1, 1, -1]);
          const target = tf.tensor2d([[tokens.data[row * 6 + place]!]], [1, 1], 'int32');
          return crossEntropy(withoutMask(logits, maskId), target).dataSync()[0]!;
        });
    expect(single.loss(params, each, random.key(0)).dataSync()[0]).toBeCloseTo(nll / 12, 5);
  });

  test('its bound is estimated by counts and by times alike, whatever times it trains with', async () => {
    const model = bd3lm({ ...sizes, blockSize: 2, times: [1, 1] });
    const params = perturbed(model.init(random.key(1)), random.key(2));
    const tokens = ids(1, 6);
    const [count, time] = [
      await model.likelihood(params, tokens, { samples: 400, key: random.key(3) }),
      await model.likelihood(params, tokens, { samples: 2000, key: random.key(4), estimator: 'time' }),
    ];
    const error = Math.hypot(count.standardError, time.standardError);
    expect(Math.abs(count.nllPerToken - time.nllPerToken)).toBeLessThan(4 * error);
    expect(count.standardError).toBeLessThan(0.1);
    // Always masked, as it trains, every draw would be the same.
    expect(time.standardError).toBeGreaterThan(0.01);
    await expect(model.likelihood(params, tokens, { estimator: 'exact' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    for (const samples of [0, 1.5])
      await expect(model.likelihood(params, tokens, { samples, key: random.key(3) })).rejects.toMatchObject({
        code: 'argument',
      });
    disposeTree(params);
  });

  test('a block is predicted from the clean ones before it as in training', async () => {
    const model = bd3lm({ ...sizes, blockSize: 3 });
    const params = perturbed(model.init(random.key(1)), random.key(2));
    const network = tokenTransformer(sizes);
    const tokens = ids(2, 9);
    const noisy = tokens.data.map((id, i) => (i % 2 === 0 ? maskId : id));
    const joint = tf.tidy(() => {
      const both = tf.concat([tensorOf({ shape: [2, 9], data: noisy }), tensorOf(tokens)], 1);
      const visible = tf.tensor2d(blockVisibility(9, 3), [18, 18]);
      return tf.slice(
        network.head(params, network.features(params, both, { visible, segments: 2 })),
        [0, 0, 0],
        [-1, 9, -1],
      );
    });
    let cache: readonly KeyValues[] = network.emptyCache(2, 9);
    for (const first of [0, 3, 6]) {
      const place = tf.tensor1d([first], 'int32');
      const block = (data: Int32Array) => tf.slice(tensorOf({ shape: [2, 9], data }), [0, first], [2, 3]);
      const { logits } = network.step(params, block(noisy), { cache, place });
      expect(logits).toBeAllclose(tf.slice(joint, [0, first, 0], [-1, 3, -1]), { atol: 1e-5 });
      ({ cache } = network.step(params, block(tokens.data), { cache, place }));
    }
    expect(() =>
      network.step(params, tf.zeros([2, 3], 'int32'), { cache: [], place: tf.tensor1d([0], 'int32') }),
    ).toThrow('its own blocks');
    disposeTree(params);
  });

  test('is sampled block by block, compiled or not, and controls see the whole of what is written', async () => {
    const model = bd3lm({ ...sizes, blockSize: 2 });
    const params = perturbed(model.init(random.key(1)), random.key(2));
    const seen: [number, number][] = [];
    const spy = {
      name: 'spy',
      estimate: (law: Float64Array, at: Place) => (seen.push([at.place, at.tokens.length]), law),
    };
    const shown: (readonly number[])[] = [];
    const init = {
      shape: [3, 6],
      data: Int32Array.from({ length: 18 }, (_, i) => (i % 6 === 0 ? 4 : maskId)),
    };
    const options = { init, solver: firstHitting(), key: random.key(3) };
    const found = await expectNoLeak(() =>
      model.sample(params, {
        ...options,
        engine: 'eager',
        controls: [spy],
        onStep: ({ tokens }) => void shown.push(tokens.shape),
      }),
    );
    expect(found.samples.data.filter((_, i) => i % 6 === 0)).toEqual(Int32Array.of(4, 4, 4));
    // five places a sequence, one a step, and a pass for each clean block that others follow
    expect([found.steps, found.modelCalls, found.sequencesPredicted]).toEqual([5, 7, 21]);
    expect(shown).toEqual([
      [3, 2],
      [3, 4],
      [3, 4],
      [3, 6],
      [3, 6],
    ]);
    expect(new Set(seen.map(String))).toEqual(new Set(['1,2', '2,4', '3,4', '4,6', '5,6']));
    const compiled = await model.sample(params, { ...options, engine: 'compiled' });
    expect(compiled.samples.data).toEqual(found.samples.data);
    await expect(model.sample(params, { ...options, cache: true })).rejects.toThrow('leave cache out');
    disposeTree(params);
  });

  test('needs a shape, or sequences to fill, in whole blocks', async () => {
    const model = bd3lm({ ...sizes, blockSize: 2 });
    const params = model.init(random.key(1));
    const options = { key: random.key(0) };
    await expect(model.sample(params, options)).rejects.toThrow('give either the shape');
    await expect(model.sample(params, { ...options, shape: [1, 5] })).rejects.toThrow('block size');
    const { samples } = await model.sample(params, { ...options, shape: [2, 4] });
    expect(samples.shape).toEqual([2, 4]);
    disposeTree(params);
  });
});
