import { key, uniform64 } from '@lab/tensor-core/random';
import { oracleDenoiser, propagate } from '@lab/diffusion-core/discrete';
import '@lab/testing';
import { describe, expect, test } from 'vitest';
import {
  anchorsOf,
  anchorWeight,
  exactAnelbo,
  frequencyAnchors,
  tfidfAnchors,
  tokenSetAnchors,
} from '../src';
import { emStep, expectation, type BernoulliMixture } from '../src/theory/em';

const toy = oracleDenoiser({ tokens: 2, length: 3, probabilities: [0, 0, 0, 0.1, 0.9, 0, 0, 0] });

describe('the anchored bound of the example A.3.4, exact networks', () => {
  // The anchor is position 2, counted where it is masked
  test.each([
    [[1, 0, 0], 0.105360516, 0.035120172, 0.105465876, 0.140480688],
    [[0, 1, 1], 2.302585093, 0.767528364, 2.304887678, 3.070113457],
  ])('%j', async (row, bound, anchorPart, small, whole) => {
    const tokens = { shape: [1, 3], data: Int32Array.from(row) };
    const nets = { denoiser: toy, anchorDenoiser: toy };
    const anchors = () => Uint8Array.of(0, 1, 0);
    const [less, more] = [
      await exactAnelbo(nets, tokens, { anchors, gamma: 3e-3 }),
      await exactAnelbo(nets, tokens, { anchors, gamma: 1 }),
    ];
    expect([less.nelbo[0], less.anchor[0]]).toBeAllclose([bound, anchorPart], { atol: 1e-8, rtol: 0 });
    expect([less.anelbo[0], more.anelbo[0]]).toBeAllclose([small, whole], { atol: 1e-8, rtol: 0 });
    // many steps come near to continuous time, remasking only loosens, and gamma may be a function of time
    const options = { anchors, steps: 2000 };
    const [near] = (await exactAnelbo(nets, tokens, { ...options, gamma: 1 })).anelbo;
    expect(near).toBeAllclose(whole, { rtol: 2e-3 });
    const [ramped] = (await exactAnelbo(nets, tokens, { ...options, gamma: (t) => t })).anelbo;
    expect(ramped).toBeLessThan(near!);
    expect(ramped).toBeGreaterThan(bound);
    const [loose] = (await exactAnelbo(nets, tokens, { ...options, gamma: 1, remasking: 0.01 })).anelbo;
    expect(loose).toBeGreaterThan(near!);
  });

  // With the anchor known to be 0, its place is right whenever it is unmasked
  test('one reverse step, free and anchored', async () => {
    const anchored = {
      ...toy,
      async predict(tokens: Parameters<typeof toy.predict>[0]) {
        const logits = Float64Array.from((await toy.predict(tokens)).logits);
        for (let start = 3; start < logits.length; start += 9) {
          logits[start] = 0;
          logits[start + 1] = Number.NEGATIVE_INFINITY;
        }
        return { logits };
      },
    };
    const init = new Float64Array(27);
    init[26] = 1;
    const options = { length: 3, times: [2 / 3, 1 / 3], init, fill: false };
    const state = (...ids: number[]) => ids.reduce((sum, id) => 3 * sum + id, 0);
    const [free, hard] = [await propagate(toy, options), await propagate(anchored, options)];
    expect([free[state(2, 0, 2)], hard[state(2, 0, 2)]]).toBeAllclose([0.1125, 0.125], { atol: 1e-12 });
    expect([free[state(1, 0, 2)], hard[state(1, 0, 2)]]).toBeAllclose([0.10125, 0.1125], { atol: 1e-12 });
  });
});

describe('anchors', () => {
  // A cat is playing with a dog
  const sentence = Int32Array.of(0, 1, 2, 3, 4, 0, 5);

  test('by count', () => {
    expect(Array.from(frequencyAnchors({ threshold: 1 })(sentence))).toEqual([0, 1, 1, 1, 1, 0, 1]);
    expect(Array.from(frequencyAnchors()(sentence))).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(Array.from(frequencyAnchors({ ignore: [5] })(sentence))).toEqual([1, 1, 1, 1, 1, 1, 0]);
  });

  test('by share, by set, by tf-idf', () => {
    const rare = frequencyAnchors({ mode: 'relative', threshold: 0.2 });
    expect(Array.from(rare(sentence))).toEqual([0, 1, 1, 1, 1, 0, 1]);
    expect(Array.from(tokenSetAnchors([0, 5])(sentence))).toEqual([1, 0, 0, 0, 0, 1, 1]);
    // 4 is in no other document: the rarest, then by their order
    const documents = [[0, 1], [0, 2], [0, 3], [0, 5], sentence];
    expect(Array.from(tfidfAnchors({ documents, share: 1 / 7 })(sentence))).toEqual([0, 0, 0, 0, 1, 0, 0]);
  });

  test('a selector that answers too little is refused', () => {
    const tokens = { shape: [1, 7], data: sentence };
    expect(() => anchorsOf(() => new Uint8Array(3), tokens)).toThrow('1 or 0 for every token');
    expect(() => frequencyAnchors({ threshold: 0 })).toThrow('threshold');
    expect(() => frequencyAnchors({ mode: 'relative' })).toThrow('threshold');
  });
});

test('the ramp of gamma', () => {
  const weights = [1000, 3000, 5e5].map((step) => anchorWeight(step / 1e6));
  expect(weights).toBeAllclose([1e-3, 3e-3, 3e-3], { atol: 1e-12, rtol: 0 });
  expect(anchorWeight(Number.NaN, { gamma: 0 })).toBe(0);
  expect(() => anchorWeight(Number.NaN)).toThrow('progress');
  expect(() => anchorWeight(0, { gamma: -1 })).toThrow('gamma');
});

test('expectation maximisation never lowers the likelihood', () => {
  const draws = uniform64(key(0), 600);
  const rows = Array.from({ length: 200 }, (_, i) =>
    [0, 1, 2].map((place) =>
      draws[3 * i + place]! < (i % 2 === 0 ? 0.9 - 0.2 * place : 0.1 + 0.3 * place) ? 1 : 0,
    ),
  );
  let mixture: BernoulliMixture = {
    weights: Float64Array.of(0.5, 0.5),
    chances: Float64Array.of(0.6, 0.5, 0.4, 0.4, 0.5, 0.55),
  };
  let last = expectation(mixture, rows).logLikelihood;
  const first = last;
  for (let i = 0; i < 50; i++) {
    mixture = emStep(mixture, rows);
    const { logLikelihood } = expectation(mixture, rows);
    expect(logLikelihood).toBeGreaterThanOrEqual(last - 1e-10);
    last = logLikelihood;
  }
  expect(last).toBeGreaterThan(first + 1);
});
