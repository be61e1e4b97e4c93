import { engine, random, tf } from '@lab/tensor-core';
import { tokenTransformer } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { a2r, adlm, autoregressive } from '../../src';
import { nextAnchors } from '../../src/autoregressive/a2r';
import { perturbed } from '../support/perturbed';
import { ids, plain, sizes, tensorOf } from '../support/small';

beforeAll(() => engine());

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
