import { disposeTree, engine, random, tf } from '@lab/tensor-core';
import '@lab/testing';
import { expectNoLeak } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  a2r,
  adlm,
  autoregressive,
  bd3lm,
  d3pm,
  frequencyAnchors,
  mdlm,
  sedd,
  train,
  udlm,
  type AnyLanguageModel,
} from '../../src';
import { perturbed } from '../support/perturbed';
import { ids, plain, sizes } from '../support/small';

beforeAll(() => engine());

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
