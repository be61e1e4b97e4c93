import { engine, lora, tf, treeMap, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { key, randint } from '@lab/tensor-core/random';
import '@lab/testing';
import { describe, expect, test } from 'vitest';
import { anchoredNetwork } from '../src';
import { headAndUptake } from '../src/network/head-and-uptake';
import { perturbed } from './support/perturbed';

await engine();

const sizes = { vocabSize: 12, width: 16, heads: 2, blocks: 2, conditionWidth: 8 };

describe('head and uptake in one', () => {
  const plain = anchoredNetwork(sizes);
  const tokens = tf.tensor2d(randint(key(5), 128, { high: 12 }), [8, 16], 'int32');
  const params = perturbed(plain.init(key(0)), key(8));

  test('give what they give one after the other, and the same gradient', () => {
    const inOne = (p: typeof params) => plain.apply(p, tokens);
    const apart = (p: typeof params) => plain.denoise(p, plain.anchorLogits(p, tokens));
    const of = (f: typeof inOne) => valueAndGrad((p: typeof params) => tf.mean(tf.square(f(p))))(params);
    expect(inOne(params)).toBeAllclose(apart(params), { rtol: 1e-4, atol: 1e-5 });
    const [found, expected] = [of(inOne), of(apart)];
    treeMap(
      (a: Tensor, b: Tensor) => expect(a).toBeAllclose(b, { rtol: 1e-3, atol: 1e-5 }),
      found.grads,
      expected.grads,
    );
    const { anchorLogits, logits } = plain.stages(params, tokens);
    expect(anchorLogits).toBeAllclose(plain.anchorLogits(params, tokens), { rtol: 1e-6 });
    expect(logits).toBeAllclose(apart(params), { rtol: 1e-4, atol: 1e-5 });
  });

  test('are left apart for few places, adapters, and projections that are not linear', () => {
    expect(headAndUptake(params, sizes.width)?.weight.shape).toEqual([sizes.width, sizes.width]);
    expect(headAndUptake(params, sizes.width - 1)).toBeUndefined();
    const adapters = lora.init(key(1), params, { rank: 2, targets: /denoiser\.input\.weight$/ });
    const adapted = lora.attach(params, adapters);
    expect(headAndUptake(adapted, 1000)).toBeUndefined();
    expect(plain.apply(adapted, tokens)).toBeAllclose(plain.apply(params, tokens), {
      rtol: 1e-4,
      atol: 1e-5,
    });
    for (const projection of ['probabilities', 'logProbabilities'] as const) {
      const network = anchoredNetwork({ ...sizes, projection });
      expect(network.apply(params, tokens)).toBeAllclose(
        network.denoise(params, network.anchorLogits(params, tokens)),
        { rtol: 1e-5 },
      );
    }
  });
});
