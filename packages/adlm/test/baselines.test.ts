import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import { crossEntropy, maskedTokenLoss, tokenTransformer, withoutMask } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  a2r,
  adlm,
  autoregressive,
  bd3lm,
  blockTimes,
  d3pm,
  frequencyAnchors,
  mdlm,
  sedd,
  train,
  udlm,
  type AnyLanguageModel,
} from '../src';
import { nextAnchors } from '../src/autoregressive/a2r';
import { d3pmLoss } from '../src/baselines/d3pm';
import { analyticStep, scoreEntropy } from '../src/baselines/sedd';
import { uniformStateIntegrand, uniformStatePosterior } from '../src/baselines/udlm';
import { blockVisibility } from '../src/baselines/block-visibility';
import { perturbed } from './support/perturbed';

beforeAll(() => engine());

const sizes = { vocabSize: 11, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };
const { conditionWidth: _, ...plain } = sizes;
const maskId = 10;
const ids = (rows: number, length: number, seed = 0) => ({
  shape: [rows, length],
  data: random.randint(random.key(seed), rows * length, { high: 10 }),
});
const tensorOf = ({ shape, data }: { shape: number[]; data: Int32Array }) => tf.tensor(data, shape, 'int32');

describe('SEDD', () => {
  test('with scores that sum to the schedule its loss is the cross-entropy; untrained it is ln(V - 1) / t', () => {
    const vocabSize = 6;
    const raw = tf.tensor(random.normal(random.key(0), 4 * vocabSize), [4, vocabSize]);
    const targets = tf.tensor1d([0, 1, 2, 4], 'int32');
    // logits whose exponentials sum to V - 1 over the real tokens
    const logits = tf.add(tf.logSoftmax(withoutMask(raw, 5)), Math.log(vocabSize - 1));
    expect(scoreEntropy(logits, targets, 5)).toBeAllclose(crossEntropy(withoutMask(raw, 5), targets), {
      atol: 1e-5,
    });
    const untrained = scoreEntropy(tf.zeros([1, vocabSize]), tf.tensor1d([0], 'int32'), 5);
    expect(untrained.dataSync()[0]! / 0.37).toBeCloseTo(4.349832, 5);
  });

  test('its analytic step is the step of MDLM', () => {
    const [noise, noiseNext] = [-Math.log(0.4), -Math.log(0.55)];
    const p = [0.1, 0.2, 0.3, 0.4];
    const scores = Float64Array.from([...p.map((each) => each / Math.expm1(noise)), 1]);
    const step = analyticStep(scores, { maskId: 4, noise, noiseNext });
    expect(step).toBeAllclose([...p.map((each) => 0.25 * each), 0.75], { atol: 1e-9 });
  });

  test('the denoiser unmasks as fast as the scores say: untrained, as the schedule', async () => {
    const model = sedd(sizes);
    const params = model.init(random.key(0));
    const denoiser = model.denoiser(params);
    const { unmaskFactor } = await denoiser.predict(
      { shape: [1, 2], data: Int32Array.of(maskId, 3) },
      { totalNoise: 1 },
    );
    expect(unmaskFactor).toBeAllclose([1, 1], { atol: 1e-6 });
    disposeTree(params);
  });
});

const closedD3pm = (t: number, p0: number, pm: number): number =>
  tf.tidy(
    () =>
      d3pmLoss(tf.tensor2d([[Math.log(p0)]]), tf.tensor2d([[pm]]), {
        t: tf.tensor2d([[t]]),
        steps: 1000,
      }).dataSync()[0]!,
  );

// Seeing only masks, all V ids alike: the chances of the T steps telescope to 1 / V, and so does the reconstruction.
test('D3PM: untrained, the bound is twice the logarithm of the vocabulary', async () => {
  const steps = Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000);
  const bound = steps.reduce(
    (sum, t) => sum + (t / 1000) * closedD3pm(Math.min(t, 1 - 1e-4), 1 / 11, 1 / 11),
    0,
  );
  expect(bound + Math.log(11)).toBeCloseTo(2 * Math.log(11), 2);
  const model = d3pm(sizes);
  const params = model.init(random.key(0));
  const tokens = ids(64, 8);
  const { nllPerToken, standardError } = await model.likelihood(params, tokens, {
    samples: 32,
    key: random.key(1),
  });
  expect(Math.abs(nllPerToken - 2 * Math.log(11))).toBeLessThan(4 * standardError);
  expect(standardError).toBeLessThan(0.05);
  disposeTree(params);
});

// With t in single precision
test('D3PM: the loss in closed form', () => {
  const loss = closedD3pm;
  const found = [0.2, 0.5, 1 - 1e-4].map((t) => loss(t, 0.3, 0));
  expect(found).toBeAllclose([6.019864, 2.4079456, 1.2040933], { rtol: 1e-5 });
  const masked = [0.2, 0.5, 1 - 1e-4].map((t) => loss(t, 0.3, 0.1));
  expect(masked).toBeAllclose([5.9181114, 2.2349958, 1.1040892], { rtol: 2e-4 });
  // the first step is all of its first term
  expect(loss(1e-3, 0.3, 0)).toBeAllclose(-Math.log(0.3) * 1000, { rtol: 1e-5 });
});

describe('UDLM', () => {
  const integrand = (p: number[], x: number, z: number, [alpha, slope]: [number, number]): number =>
    tf.tidy(() =>
      uniformStateIntegrand(tf.tensor2d([p]), {
        tokens: tf.tensor1d([x], 'int32'),
        noisy: tf.tensor1d([z], 'int32'),
        alpha: tf.scalar(alpha),
        slope: tf.scalar(slope),
      }).dataSync(),
    )[0]!;

  test('the integrand has its known values, and is 0 at the truth', () => {
    const uniform = [0.2, 0.2, 0.2, 0.2, 0.2];
    expect(integrand(uniform, 1, 1, [0.6, -1])).toBeCloseTo(0.84077394, 5);
    expect(integrand(uniform, 1, 2, [0.6, -1])).toBeCloseTo(3.5635208, 5);
    expect(integrand([0, 1, 0, 0, 0], 1, 2, [0.6, -1])).toBeCloseTo(0, 5);
  });

  test('its least integral is the entropy, with the law given all other tokens', () => {
    const p = [0.5, 0.2, 0.15, 0.1, 0.05];
    const [points, K] = [20_000, 5];
    const rows = { alpha: [] as number[], x: [] as number[], z: [] as number[], mass: [] as number[] };
    for (let i = 0; i < points; i++)
      for (let x = 0; x < K; x++)
        for (let z = 0; z < K; z++) {
          const alpha = 1 - (i + 0.5) / points;
          rows.alpha.push(alpha);
          rows.x.push(x);
          rows.z.push(z);
          rows.mass.push((p[x]! * ((x === z ? alpha : 0) + (1 - alpha) / K)) / points);
        }
    const values = tf
      .tidy(() =>
        uniformStateIntegrand(tf.tile(tf.tensor2d([p]), [rows.x.length, 1]), {
          tokens: tf.tensor1d(rows.x, 'int32'),
          noisy: tf.tensor1d(rows.z, 'int32'),
          alpha: tf.tensor2d(rows.alpha, [rows.x.length, 1]),
          slope: tf.scalar(-1),
        }),
      )
      .dataSync();
    const integral = rows.mass.reduce((sum, mass, i) => sum + mass * values[i]!, 0);
    const entropy = -p.reduce((sum, each) => sum + each * Math.log(each), 0);
    expect(entropy).toBeCloseTo(1.33307, 5);
    expect(integral).toBeAllclose(entropy, { atol: 1e-4, rtol: 0 });
  });

  test('draws under controls and a nucleus, and refuses what has no meaning for it', async () => {
    const model = udlm(sizes);
    const params = model.init(random.key(0));
    const options = { shape: [40, 6], steps: 30, key: random.key(3) };
    // Untrained all ten tokens are alike; redrawn tokens come from the prediction, of which a control leaves two.
    const two = { name: 'two', estimate: (law: Float64Array) => law.map((each, id) => (id < 2 ? each : 0)) };
    const { samples } = await model.sample(params, { ...options, controls: [two] });
    expect(samples.data.filter((id) => id < 2).length).toBeGreaterThan(0.95 * samples.data.length);
    const free = await model.sample(params, options);
    expect(free.samples.data.filter((id) => id < 2).length).toBeLessThan(0.4 * samples.data.length);
    const tight = await model.sample(params, { ...options, nucleus: { p: 0.05 } });
    expect(new Set(tight.samples.data).size).toBeLessThan(new Set(free.samples.data).size);
    for (const wrong of [{ steps: 0 }, { init: ids(1, 6) }, { times: [1, 0] }, { shape: [2] }])
      await expect(model.sample(params, { ...options, ...wrong })).rejects.toThrow(/shape|steps|even steps/);
    disposeTree(params);
  });

  test('the posterior is a law, and that of Bayes', () => {
    const p = Float64Array.of(0.5, 0.2, 0.3);
    const [alpha, alphaNext, token] = [0.4, 0.7, 1];
    const posterior = uniformStatePosterior(p, { token, alpha, alphaNext });
    const ratio = alpha / alphaNext;
    const bayes = p.map((each, s) => {
      const now = (s === token ? ratio : 0) + (1 - ratio) / 3;
      return now * (alphaNext * each + (1 - alphaNext) / 3);
    });
    const total = bayes.reduce((sum, each) => sum + each, 0);
    expect(posterior).toBeAllclose(
      bayes.map((each) => each / total),
      { atol: 1e-12 },
    );
  });
});

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
    const model = bd3lm({ ...sizes, blockSize: 2, times: [0.5, 0.6] });
    const params = perturbed(model.init(random.key(1)), random.key(2));
    const tokens = ids(1, 6);
    const [count, time] = [
      await model.likelihood(params, tokens, { samples: 400, key: random.key(3) }),
      await model.likelihood(params, tokens, { samples: 2000, key: random.key(4), estimator: 'time' }),
    ];
    const error = Math.hypot(count.standardError, time.standardError);
    expect(Math.abs(count.nllPerToken - time.nllPerToken)).toBeLessThan(4 * error);
    expect(count.standardError).toBeLessThan(0.1);
    await expect(model.likelihood(params, tokens, { estimator: 'exact' })).rejects.toMatchObject({
      code: 'unsupported',
    });
    for (const samples of [0, 1.5])
      await expect(model.likelihood(params, tokens, { samples, key: random.key(3) })).rejects.toMatchObject({
        code: 'argument',
      });
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

test('sequences without a token that counts do not enter a bound', async () => {
  const model = sedd(sizes);
  const params = perturbed(model.init(random.key(1)), random.key(2));
  const tokens = ids(3, 4);
  const mask = [1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0];
  const found = await model.likelihood(params, tokens, {
    mask,
    samples: 2,
    batchSize: 1,
    key: random.key(3),
  });
  expect(found.tokens).toBe(6);
  expect(found.perSequence[1]).toBe(0);
  expect(found.standardError).toBeGreaterThan(0);
  disposeTree(params);
});

describe('causality', () => {
  const tokens = ids(1, 8);
  const changed = { shape: [1, 8], data: tokens.data.map((id, i) => (i >= 5 ? (id + 1) % 10 : id)) };
  const difference = (a: tf.Tensor, b: tf.Tensor) => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
  const before = (logits: tf.Tensor) => tf.slice(logits, [0, 0, 0], [-1, 5, -1]);

  test.each([
    ['AR', autoregressive(plain)],
    ['A2R', a2r(plain)],
  ] as const)('%s does not see what comes later', (_, model) => {
    const params = perturbed(model.init(random.key(0)), random.key(1)) as never;
    const [a, b] = [tokens, changed].map((each) => model.nextLogits(params, tensorOf(each)));
    expect(difference(before(a!), before(b!))).toBeLessThan(1e-6);
    expect(difference(a!, b!)).toBeGreaterThan(1e-4);
  });

  test('ADLM and MDLM do', () => {
    const anchored = adlm(sizes);
    const params = perturbed(anchored.init(random.key(0)), random.key(1));
    const [a, b] = [tokens, changed].map((each) => anchored.network.apply(params, tensorOf(each)));
    expect(difference(before(a!), before(b!))).toBeGreaterThan(1e-6);
    const network = tokenTransformer(sizes);
    const own = perturbed(network.init(random.key(0)), random.key(1));
    const [c, d] = [tokens, changed].map((each) => network.apply(own, tensorOf(each)));
    expect(difference(before(c!), before(d!))).toBeGreaterThan(1e-6);
  });
});

test('the next anchor of every place', () => {
  const { targets, flags } = nextAnchors(Int32Array.of(7, 8, 9, 1, 2, 3), Uint8Array.of(0, 1, 0, 1, 0, 0), 3);
  expect(Array.from(targets)).toEqual([8, 8, 9, 1, 2, 3]);
  expect(Array.from(flags)).toEqual([1, 1, 0, 1, 0, 0]);
});

test('AR parameters are counted as published', () => {
  const small = { width: 768, heads: 12, blocks: 12 };
  expect(autoregressive({ ...small, vocabSize: 50_258 }).size).toBe(162_246_482);
  expect(autoregressive({ ...small, vocabSize: 30_522 }).size).toBe(131_912_250);
});

describe('every model on the same data', () => {
  const dropping = { dropout: 0.4 };
  test.each<[string, AnyLanguageModel]>([
    ['ADLM', adlm({ ...sizes, ...dropping })],
    ['MDLM', mdlm({ ...sizes, ...dropping })],
    ['AR', autoregressive({ ...plain, ...dropping })],
    ['A2R', a2r({ ...plain, ...dropping })],
    ['SEDD', sedd({ ...sizes, ...dropping })],
    ['D3PM', d3pm({ ...sizes, ...dropping })],
    ['BD3LM', bd3lm({ ...sizes, ...dropping, blockSize: 2 })],
    ['UDLM', udlm({ ...sizes, ...dropping })],
  ])('%s: drops out while training, by its key alone', (_, model) => {
    const params: unknown = perturbed(model.init(random.key(0)) as object, random.key(1));
    const batch: unknown = model.batch(ids(4, 6), { key: random.key(2), progress: 1 });
    const losses = [3, 3, 4].map((seed) =>
      tf.tidy(() => model.loss(params, batch, random.key(seed)).dataSync()[0]!),
    );
    expect(losses[1]).toBe(losses[0]);
    expect(Math.abs(losses[2]! - losses[0]!)).toBeGreaterThan(1e-5);
    disposeTree([params, batch]);
  });

  const counting = {
    shape: [64, 6],
    data: Int32Array.from({ length: 384 }, (_, i) => (Math.floor(i / 6) + (i % 6)) % 10),
  };
  const models: AnyLanguageModel[] = [
    adlm({ ...sizes, anchors: frequencyAnchors({ threshold: 1 }) }),
    mdlm(sizes),
    autoregressive(plain),
    a2r({ ...plain, anchors: frequencyAnchors({ threshold: 1 }) }),
    sedd(sizes),
    d3pm(sizes),
    bd3lm({ ...sizes, blockSize: 2 }),
    udlm(sizes),
  ];

  test.each(models.map((model) => [model.name, model] as const))(
    '%s: a likelihood that training lowers, samples without masks, and no tensor left',
    async (_, model) => {
      await expectNoLeak(async () => {
        const estimator = ['SEDD', 'D3PM', 'UDLM'].includes(model.name)
          ? ('time' as const)
          : ('count' as const);
        const options = { estimator, samples: 4, batchSize: 64, key: random.key(1) };
        const start: unknown = model.init(random.key(0));
        const untrained = await model.likelihood(start, counting, options);
        disposeTree(start);
        const { average, params } = await train(model, {
          tokens: counting,
          steps: 100,
          batchSize: 16,
          learningRate: 5e-3,
          emaDecay: 0.9,
          key: random.key(0),
        });
        const trained = await model.likelihood(average, counting, options);
        // ln 10 a token for all that know nothing, of D3PM twice ln 11; sampled bounds scatter around it
        const expected = model.name === 'D3PM' ? 2 * Math.log(11) : Math.log(10);
        expect(Math.abs(untrained.nllPerToken - expected)).toBeLessThan(0.5);
        expect(trained.nllPerToken).toBeLessThan(untrained.nllPerToken - 0.2);
        const { samples } = await model.sample(average, { shape: [3, 6], key: random.key(2) });
        expect(samples.data.every((id) => id >= 0 && id < 10)).toBe(true);
        disposeTree([average, params]);
      });
    },
  );
});
