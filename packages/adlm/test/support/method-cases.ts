import { disposeTree, random, tf, treeMap, type Tensor } from '@lab/tensor-core';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { methodCase, notApplicable } from '@lab/testing';
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
  type AnyLanguageModel,
  type LanguageModel,
  type Trained,
} from '../../src';

const sizes = { vocabSize: 7, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };
const { conditionWidth: _, ...plain } = sizes;
const mask = 6;
const each: Readonly<Record<string, AnyLanguageModel>> = {
  adlm: adlm({ ...sizes, anchors: frequencyAnchors({ threshold: 1 }) }),
  mdlm: mdlm(sizes),
  ar: autoregressive(plain),
  a2r: a2r({ ...plain, anchors: frequencyAnchors({ threshold: 1 }) }),
  sedd: sedd(sizes),
  d3pm: d3pm(sizes),
  bd3lm: bd3lm({ ...sizes, blockSize: 2 }),
};

export const models = Object.values(each);

/** Sequences to train on: short and few, so that a case takes a moment. */
const tokens = (rows: number): TokenArray => ({
  shape: [rows, 6],
  data: random.randint(random.key(1), rows * 6, { high: 6 }),
});

export function trainingCase<Params>(model: LanguageModel<Params>) {
  return methodCase<TokenArray, Trained<Params>>({
    name: `train ${model.name}`,
    input: () => tokens(8),
    run: (input, { key, signal, onStep }) =>
      train(model, { tokens: input, steps: 3, batchSize: 4, key, signal, onStep, engine: 'eager' }),
    numbers: ({ losses }) => losses,
    dispose: ({ average, params }) => disposeTree([average, params]),
    random: true,
    withNaN: notApplicable('token ids are integers, which have no NaN'),
    empty: () => tokens(0),
    single: () => tokens(1),
    abort: true,
    saved: notApplicable('weights are trees of tensors, saved by saveTree of tensor-core, which tests that'),
    batch: notApplicable('a step is made of a whole batch, whose losses are averaged'),
  });
}

interface Filling<Params> {
  readonly params: Params;
  readonly init: TokenArray;
}

export function samplingCase<Params>(model: LanguageModel<Params>) {
  const input = (rows: number): Filling<Params> => ({
    params: model.init(random.key(0)),
    init: {
      shape: [rows, 6],
      data: Int32Array.from({ length: rows * 6 }, (_, i) => (i % 3 === 0 ? i % 6 : mask)),
    },
  });
  return methodCase<Filling<Params>, TokenArray>({
    name: `sample ${model.name}`,
    input: () => input(2),
    run: async ({ params, init }, { key, signal, onStep }) => {
      const steps = model.name === 'AR' || model.name === 'A2R' ? {} : { steps: 4 };
      const options = { init, ...steps, key, signal, onStep, engine: 'eager' as const };
      return (await model.sample(params, options)).samples;
    },
    numbers: ({ data }) => data,
    random: true,
    withNaN: ({ params, init }) => ({
      init,
      params: treeMap<Tensor, Tensor, Params>((each) => tf.fill(each.shape, Number.NaN), params) as Params,
    }),
    empty: () => input(0),
    single: () => input(1),
    abort: true,
    saved: notApplicable('samples are a plain array of ids'),
    batch: notApplicable('sequence i draws from its own key; sampling.test.ts compares the first of a batch'),
  });
}
