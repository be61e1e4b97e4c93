import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  disposeTree,
  engine,
  tf,
  treeLeaves,
  treeSize,
  valueAndGrad,
  type HostArray,
  type Tensor,
  type Tree,
} from '@lab/tensor-core';
import { readSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { subs, tokenTransformer } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  a2r,
  anchoredNetwork,
  anelbo,
  autoregressive,
  frequencyAnchors,
  loadOfficialAdlm,
  loadOfficialTransformer,
  mdlm,
  saveOfficialAdlm,
  saveOfficialTransformer,
  anchorsOf,
} from '../src';
import reference from './golden/reference.json';

beforeAll(() => engine());

// Networks of PyTorch with the official names, by tooling/reference/adlm/golden.py (versions and seed in reference.json).
const sizes = { vocabSize: 11, width: 8, heads: 2, blocks: 2, conditionWidth: 4 };
const { conditionWidth: _, ...plain } = sizes;
const [maskId, gamma] = [reference.mask, reference.gamma];
const golden = (name: string) => {
  const { tensors } = readSafetensors(readFileSync(join(import.meta.dirname, `golden/${name}.safetensors`)));
  const below = (prefix: string) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, array]) => [key.slice(prefix.length), array]),
    );
  const values = (key: string): Tensor => {
    const { data, shape, dtype } = tensors[key]!;
    return tf.tensor(Array.from(data as Float32Array), [...shape], dtype === 'int32' ? 'int32' : 'float32');
  };
  return { weights: below('weights.'), gradients: below('gradients.'), values };
};

/** Each token's weight in the loss: 1 / t over the number of tokens. */
const weighted = (t: Tensor, tokens: Tensor) =>
  tf.tidy(() => tf.mul(tf.ones(tokens.shape), tf.div(1 / tokens.size, tf.expandDims(t, -1))));

function expectEqualArrays(
  found: Record<string, HostArray>,
  expected: Record<string, HostArray>,
  tolerance: { rtol: number; atol: number },
): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, array] of Object.entries(expected))
    expect(Array.from(found[name]!.data as Float32Array), name).toBeAllclose(
      Array.from(array.data as Float32Array),
      tolerance,
    );
}
/** Of a network that stands alone, by the names that it has inside a published checkpoint. */
const inBackbone = (arrays: Record<string, HostArray>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [`backbone.${name}`, array]));
const close = { rtol: 1e-4, atol: 2e-5 };

describe('networks with official weights equal PyTorch', () => {
  test('MDLM: logits, with and without noise level, log-probabilities, the loss and every gradient', async () => {
    const { weights, gradients, values } = golden('mdlm');
    const params = loadOfficialTransformer(sizes, weights);
    const network = tokenTransformer(sizes);
    const corrupted = values('corrupted');
    const logits = network.apply(params, corrupted);
    expect(logits).toBeAllclose(values('logits'), close);
    expect(network.apply(params, corrupted, { totalNoise: values('sigma') })).toBeAllclose(
      values('timed_logits'),
      close,
    );
    expect(subs(logits, corrupted, maskId)).toBeAllclose(values('log_probs'), close);
    const tokens = values('ids');
    const batch = {
      tokens,
      noisy: corrupted,
      weights: weighted(values('t'), tokens),
      totalNoise: tf.zeros([3]),
    };
    const model = mdlm(sizes);
    const { value, grads } = valueAndGrad((p: typeof params) => model.loss(p, batch, key(0)))(params);
    expect(value.dataSync()[0]).toBeCloseTo(reference.losses.mdlm.trained, 5);
    expectEqualArrays(await saveOfficialTransformer(sizes, grads), inBackbone(gradients), close);
  });

  test('ADLM: both networks, the loss in all readings, and every gradient', async () => {
    const { weights, gradients, values } = golden('adlm');
    const network = anchoredNetwork(sizes);
    const params = loadOfficialAdlm(network, weights);
    const [tokens, noisy] = [values('ids'), values('corrupted')];
    const anchorLogits = network.anchorLogits(params, noisy);
    expect(anchorLogits).toBeAllclose(values('anchor_logits'), close);
    expect(network.denoise(params, anchorLogits)).toBeAllclose(values('logits'), close);

    const data = Int32Array.from(tokens.dataSync());
    const rare = anchorsOf(frequencyAnchors({ threshold: reference.threshold }), {
      shape: tokens.shape,
      data,
    });
    const anchors = tf.tensor(Float32Array.from(rare), tokens.shape);
    const masked = tf.mul(anchors, tf.cast(tf.equal(noisy, maskId), 'float32'));
    const weightsOf = weighted(values('t'), tokens);
    const loss = (p: typeof params, where: Tensor, weight: number) => {
      const batch = {
        tokens,
        noisy,
        weights: weightsOf,
        anchors: where,
        gamma: tf.scalar(weight),
        totalNoise: tf.zeros([3]),
      };
      return anelbo(network, p, { batch, maskId }).loss;
    };
    expect(loss(params, anchors, 0).dataSync()[0]).toBeCloseTo(reference.losses.adlm.gammaZero, 5);
    expect(loss(params, masked, gamma).dataSync()[0]).toBeCloseTo(reference.losses.adlm.masked, 5);
    const { value, grads } = valueAndGrad((p: typeof params) => loss(p, anchors, gamma))(params);
    expect(value.dataSync()[0]).toBeCloseTo(reference.losses.adlm.trained, 5);
    expectEqualArrays(await saveOfficialAdlm(network, grads), gradients, close);
  });

  test('AR and A2R: logits, likelihoods, losses and every gradient', async () => {
    const ar = golden('ar');
    const model = autoregressive({ ...plain, start: 'first' });
    const params = loadOfficialTransformer({ ...plain, conditionWidth: false }, ar.weights);
    const ids = ar.values('ids');
    const tokens = { shape: ids.shape, data: Int32Array.from(ids.dataSync()) };
    expect(model.nextLogits(params, ids)).toBeAllclose(ar.values('logits'), close);
    expect((await model.likelihood(params, tokens)).nllPerToken).toBeCloseTo(reference.losses.ar.trained, 4);
    const own = model.batch(tokens, { key: key(0), progress: 1 });
    const found = valueAndGrad((p: typeof params) => model.loss(p, own, key(0)))(params);
    expect(found.value.dataSync()[0]).toBeCloseTo(reference.losses.ar.trained, 5);
    const arSizes = { ...plain, conditionWidth: false as const };
    expectEqualArrays(await saveOfficialTransformer(arSizes, found.grads), inBackbone(ar.gradients), close);

    const both = golden('a2r');
    const network = anchoredNetwork({ ...plain, causal: true, conditionWidth: false });
    const anchored = loadOfficialAdlm(network, both.weights);
    expect(network.anchorLogits(anchored, both.values('ids'))).toBeAllclose(
      both.values('anchor_logits'),
      close,
    );
    const anchors = frequencyAnchors({ threshold: reference.threshold });
    const two = a2r({ ...plain, start: 'first', gamma, anchors });
    const ids2 = both.values('ids');
    expect(two.nextLogits(anchored, ids2)).toBeAllclose(both.values('logits'), close);
    const batch = two.batch(
      { shape: ids2.shape, data: Int32Array.from(ids2.dataSync()) },
      { key: key(0), progress: 1 },
    );
    const { value, grads } = valueAndGrad((p: typeof anchored) => two.loss(p, batch, key(0)))(anchored);
    expect(value.dataSync()[0]).toBeCloseTo(reference.losses.a2r.trained, 5);
    expectEqualArrays(await saveOfficialAdlm(network, grads), both.gradients, close);
  });
});

describe('official names', () => {
  test('survive saving and loading, also as ordered averages and under the older name', async () => {
    const { weights } = golden('adlm');
    const network = anchoredNetwork(sizes);
    const params = loadOfficialAdlm(network, weights);
    expect(treeSize(params)).toBe(network.size);
    const saved = await saveOfficialAdlm(network, params);
    expectEqualArrays(saved, weights, { rtol: 0, atol: 0 });
    const ordered = Object.fromEntries(
      Object.values(saved).map((array, i) => [`ema.shadow_params.${i}`, array]),
    );
    const older = Object.fromEntries(
      Object.entries(saved).map(([name, array]) => [name.replace('denoiser.', 'replica.'), array]),
    );
    for (const arrays of [ordered, older]) {
      const again = loadOfficialAdlm(network, arrays);
      const [a, b] = [params, again].map((tree) =>
        treeLeaves(tree as unknown as Tree<Tensor>).map((leaf) => Array.from(leaf.dataSync())),
      );
      expect(a).toEqual(b);
      disposeTree(again);
    }
    disposeTree(params);
  });

  test('a checkpoint of another network is refused by name and by size', async () => {
    const { weights } = golden('mdlm');
    expect(() => loadOfficialTransformer({ ...sizes, blocks: 3 }, weights)).toThrow('blocks.2.norm1.weight');
    expect(() => loadOfficialTransformer({ ...sizes, blocks: 1 }, weights)).toThrow('blocks.1');
    expect(() => loadOfficialTransformer({ ...sizes, width: 16 }, weights)).toThrow('another size');
    const params = loadOfficialTransformer(sizes, weights);
    expect(Object.keys(await saveOfficialTransformer(sizes, params))).toContain(
      'backbone.sigma_map.mlp.2.bias',
    );
  });
});
