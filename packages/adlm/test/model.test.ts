import { adamw, disposeTree, engine, grad, random, tf, treeSize } from '@lab/tensor-core';
import { firstHitting, nelbo, networkTokenDenoiser, subs } from '@lab/diffusion-core/discrete';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adlm,
  anchoredNetwork,
  anelbo,
  frequencyAnchors,
  maskedBatch,
  mdlm,
  sedd,
  train,
  type AnyLanguageModel,
  type MaskingTimes,
} from '../src';

beforeAll(() => engine());

const tiny = { vocabSize: 28, width: 64, heads: 4, blocks: 4, conditionWidth: 32 };
const drawn = (rows: number, length: number, high: number) => ({
  shape: [rows, length],
  data: random.randint(random.key(5), rows * length, { high }),
});

describe('parameter counts', () => {
  // Counted by hand; they are the paper's 170M and 293M
  test.each([
    [50_258, 169_627_218, 293_189_028],
    [30_522, 139_292_986, 232_520_564],
  ])('of the published sizes, %d tokens', (vocabSize, small, whole) => {
    const sizes = { vocabSize, width: 768, heads: 12, blocks: 12 };
    expect(mdlm(sizes).size).toBe(small);
    expect(anchoredNetwork(sizes).size).toBe(whole);
  });

  test('of a tiny one, counted by formula and in the tree', () => {
    const network = anchoredNetwork(tiny);
    const params = network.init(random.key(0));
    expect(treeSize(params.anchor)).toBe(266_268);
    expect(treeSize(params.denoiser)).toBe(141_788);
    expect(network.size).toBe(266_268 + 141_788);
    disposeTree(params);
  });
});

describe('an untrained network', () => {
  test('knows nothing: perplexity is the number of real tokens', async () => {
    for (const model of [mdlm(tiny), adlm(tiny)] as AnyLanguageModel[]) {
      const params: unknown = model.init(random.key(0));
      const { nllPerToken, perplexity } = await model.likelihood(params, drawn(3, 8, 27), {
        key: random.key(1),
      });
      expect(Math.abs(nllPerToken - Math.log(27))).toBeLessThan(1e-6);
      expect(Math.abs(perplexity - 27)).toBeLessThan(1e-4);
      disposeTree(params);
    }
  });

  test('the time estimator is within its own noise of it', async () => {
    const network = mdlm(tiny);
    const params = network.init(random.key(0));
    const denoiser = networkTokenDenoiser({ apply: () => tf.zeros([64, 8, 28]) }, params, {
      vocabSize: 28,
      maskId: 27,
    });
    const { nllPerToken } = await nelbo(denoiser, drawn(64, 8, 27), {
      estimator: 'time',
      batchSize: 64,
      key: random.key(2),
    });
    expect(Math.abs(nllPerToken - Math.log(27))).toBeLessThan(4 * Math.sqrt(5.9 / 512) * Math.log(27));
    disposeTree(params);
  });
});

describe('the anchored bound', () => {
  const model = adlm({ ...tiny, gamma: 0.5, anchors: frequencyAnchors({ threshold: 1 }) });
  const maskId = 27;

  test('without anchor loss it is the bound of the composed network, and its gradient stays with masked places', () => {
    const { network } = model;
    const params = network.init(random.key(0));
    const batch = model.batch(drawn(4, 8, 27), { key: random.key(3), progress: 0 });
    const parts = anelbo(network, params, { batch, maskId });
    const direct = tf.tidy(() => {
      const logProbabilities = subs(network.apply(params, batch.noisy), batch.noisy, maskId);
      const chosen = tf.sum(tf.mul(logProbabilities, tf.oneHot(tf.cast(batch.tokens, 'int32'), 28)), -1);
      return tf.neg(tf.sum(tf.mul(batch.weights, chosen)));
    });
    expect(parts.loss.dataSync()[0]).toBeCloseTo(direct.dataSync()[0]!, 5);
    expect(parts.nelbo.dataSync()).toEqual(parts.loss.dataSync());

    const logits = tf.tensor(random.normal(random.key(8), 4 * 8 * 28), [4, 8, 28]);
    const { masked: _masked, ...whole } = batch;
    const slope = grad((each: tf.Tensor) => {
      const stages = () => ({ anchorLogits: tf.clone(each), logits: tf.clone(each) });
      return anelbo({ ...network, stages }, params, { batch: whole, maskId }).nelbo;
    })(logits);
    const values = slope.arraySync() as number[][][];
    const noisy = batch.noisy.arraySync() as number[][];
    noisy.forEach((row, b) =>
      row.forEach((id, l) => {
        const place = values[b]![l]!;
        expect(place[maskId]).toBe(0);
        expect(place.some((each) => each !== 0)).toBe(id === maskId);
      }),
    );
    disposeTree([params, batch, parts, direct, logits, slope]);
  });

  test('counts anchors at all places, or at masked ones alone', () => {
    const tokens = { shape: [1, 7], data: Int32Array.of(0, 1, 2, 3, 4, 0, 5) };
    const options = { key: random.key(0), progress: 0.001 };
    const everywhere = model.batch(tokens, options);
    expect(Array.from(everywhere.anchors.dataSync())).toEqual([0, 1, 1, 1, 1, 0, 1]);
    expect(everywhere.gamma.dataSync()[0]).toBeCloseTo(0.001, 9);
    const masked = adlm({ ...tiny, anchors: frequencyAnchors({ threshold: 1 }), anchorPositions: 'masked' });
    const batch = masked.batch(tokens, options);
    const noisy = batch.noisy.dataSync();
    expect(Array.from(batch.anchors.dataSync())).toEqual(
      [0, 1, 1, 1, 1, 0, 1].map((each, i) => (noisy[i] === maskId ? each : 0)),
    );
    disposeTree([everywhere, batch]);
  });

  test('is part by part what its definition says', () => {
    const params = model.init(random.key(4));
    const batch = model.batch(drawn(4, 8, 27), { key: random.key(3), progress: 1 });
    const { loss, nelbo: bound, anchor } = anelbo(model.network, params, { batch, maskId });
    expect(loss.dataSync()[0]).toBeCloseTo(bound.dataSync()[0]! + 0.5 * anchor.dataSync()[0]!, 5);
    const weighed = Array.from(batch.weights.dataSync(), (w, i) => w * batch.anchors.dataSync()[i]!);
    // untrained: all 28 columns alike, the mask's among them
    expect(anchor.dataSync()[0]).toBeCloseTo(weighed.reduce((a, b) => a + b, 0) * Math.log(28), 4);
    disposeTree([params, batch, loss, bound, anchor]);
  });

  test('refuses a batch with the mask in it, or in which nothing counts', () => {
    const options = { key: random.key(0), progress: 0 };
    expect(() => model.batch({ shape: [1, 2], data: Int32Array.of(0, maskId) }, options)).toThrow('mask');
    expect(() => model.batch(drawn(1, 2, 5), { ...options, mask: [0, 0] })).toThrow('no token that counts');
  });

  test('weights of both spreads of times have the same mean', () => {
    const tokens = { shape: [4000, 1], data: new Int32Array(4000) };
    const total = (spread: 'even' | 'masks') => {
      const batch = maskedBatch(tokens, { vocabSize: 2, maskId: 1, key: random.key(0), spread });
      const [weights, noisy] = [batch.weights, batch.noisy].map((each) => Array.from(each.dataSync()));
      disposeTree(batch);
      return noisy!.reduce((sum, id, i) => sum + id * weights![i]!, 0);
    };
    // the chance of masking times the weight integrates to 1 - epsilon
    expect(total('even')).toBeCloseTo(1, 1);
    expect(total('masks')).toBeCloseTo(1, 1);
  });

  test.each([
    ['ADLM', adlm],
    ['MDLM', mdlm],
    ['SEDD', sedd],
  ] as const)('%s draws its times as it is told', (_, make) => {
    const noises = (choice: MaskingTimes) => {
      const own = make({ ...tiny, ...choice });
      const each = own.batch(drawn(8, 4, 27), { key: random.key(9), progress: 0 });
      const found = Array.from(each.totalNoise.dataSync(), (noise) => -Math.expm1(-noise) / 0.999);
      const weights = Array.from(each.weights.dataSync());
      disposeTree(each);
      return { times: found, weights };
    };
    const eighth = ({ times }: { times: number[] }) =>
      new Set(times.map((t) => Math.floor(((t - 1e-3) / 0.999) * 8))).size;
    expect(eighth(noises({}))).toBe(8);
    expect(eighth(noises({ antithetic: false }))).toBeLessThan(8);
    const { times, weights } = noises({ spread: 'masks' });
    // uniform in the logarithm of the chance of masking: one in each eighth of it, and one weight for all
    expect(new Set(times.map((t) => Math.floor((Math.log(t / 1e-3) / Math.log(1e3)) * 8))).size).toBe(8);
    expect(weights).toBeAllclose(new Array<number>(32).fill(Math.log(1e3) / 32), { rtol: 1e-5 });
  });
});

describe('training', () => {
  const counting = {
    shape: [64, 8],
    data: Int32Array.from({ length: 512 }, (_, i) => (Math.floor(i / 8) + (i % 8)) % 10),
  };
  const small = { vocabSize: 11, width: 32, heads: 2, blocks: 2, conditionWidth: 16 };

  const learners: [string, AnyLanguageModel][] = [
    ['ADLM', adlm({ ...small, anchors: frequencyAnchors({ threshold: 1 }) })],
    ['MDLM', mdlm(small)],
  ];
  test.each(learners)('%s learns to count, and leaves no tensor behind', async (_, model) => {
    await expectNoLeak(async () => {
      const { average, params, losses } = await train(model, {
        tokens: counting,
        steps: 300,
        batchSize: 16,
        optimizer: adamw({ learningRate: 3e-3 }),
        emaDecay: 0.9,
        key: random.key(0),
      });
      expect(losses).toHaveLength(300);
      const { nllPerToken } = await model.likelihood(average, counting, { key: random.key(1) });
      // the truth is ln(10) / 8 = 0.29 nats a token; an untrained network has ln(10) = 2.30
      expect(nllPerToken).toBeLessThan(0.9);
      const { samples } = await model.sample(average, {
        shape: [8, 8],
        solver: firstHitting(),
        key: random.key(2),
      });
      const right = samples.data.filter((id, i) => i % 8 > 0 && id === (samples.data[i - 1]! + 1) % 10);
      // of 56 neighbours chance gets 5.6 right, with standard deviation 2.2
      expect(right.length).toBeGreaterThan(20);
      disposeTree([average, params]);
    });
  });
});
