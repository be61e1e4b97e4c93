import { describe, expect, test } from 'vitest';
import { key, normal64 } from '@lab/tensor-core/random';
import {
  causalNll,
  divergenceCurve,
  frontierIntegral,
  generativePerplexity,
  mauve,
  mauveFromHistograms,
  meanTokenEntropy,
  retokenize,
  tokenEntropy,
  zeroShot,
} from '../../src/metrics/index';
import { countedPositions } from '../../src/metrics/generative-perplexity';
import { kMeans } from '../../src/metrics/mauve/k-means';
import { principalComponents } from '../../src/metrics/mauve/principal-components';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { byteTokenizer, characterTokenizer } from '@lab/datasets/text';
import golden from '../golden/mauve.json';

test('an autoregressive likelihood counts all but the first token', async () => {
  const scorer = () => [-100, -1, -2, -100, -3, -4];
  const tokens = { shape: [2, 3], data: new Int32Array(6) };
  const found = await causalNll(scorer, tokens);
  expect(found).toMatchObject({ nllPerToken: 2.5, tokens: 4, perplexity: Math.exp(2.5) });
  expect([...found.perSequence]).toEqual([3, 7]);
  expect((await causalNll(scorer, tokens, { mask: [1, 1, 0, 1, 1, 1] })).perSequence[0]).toBe(1);
  await expect(causalNll(scorer, tokens, { mask: new Array(6).fill(0) })).rejects.toThrow(/no token/);
  await expect(causalNll(() => new Array(6).fill(NaN), tokens)).rejects.toThrow(/not finite/);
  await expect(causalNll(scorer, tokens, { signal: AbortSignal.abort() })).rejects.toThrow(/stopped/);
});

describe('generative perplexity', () => {
  const E = 0;

  test('the first end of text counts, later ones do not', async () => {
    const nlls = [0, 2, 3, 1, 4, 5, 0.5].map((each) => -each);
    const { perplexity, tokens } = await generativePerplexity(
      () => nlls,
      [Int32Array.from([E, 10, 11, E, 12, 13, E])],
      { eosId: E },
    );
    expect(tokens).toBe(4);
    expect(perplexity).toBeCloseTo(33.115452, 6);
    expect(countedPositions([10, 11, E, 12, E, E], E).slice(1)).toEqual([true, true, true, false, false]);
  });

  test('no sample is dropped, long ones come in parts', async () => {
    const lengths: number[] = [];
    const evaluator = ({ data }: { data: Int32Array }) => {
      lengths.push(data.length);
      return new Float64Array(data.length).fill(-1);
    };
    const samples = [5, 3, 1].map((length) => new Int32Array(length).fill(7));
    const { perplexity, tokens } = await generativePerplexity(evaluator, samples, { eosId: E, maxLength: 3 });
    expect(lengths).toEqual([3, 2, 3]);
    expect(tokens).toBe(5);
    expect(perplexity).toBeCloseTo(Math.E, 12);
    await expect(generativePerplexity(evaluator, [], { eosId: E })).rejects.toThrow(/no sample/);
  });

  test('another vocabulary: by the text, without ends and masks', () => {
    const from = characterTokenizer('ab');
    const [sample] = retokenize([Int32Array.from([0, 1, from.maskId, 0, from.eosId])], {
      from,
      to: byteTokenizer(),
    });
    expect([...sample!]).toEqual([97, 98, 97]);
  });

  test('entropy', () => {
    expect(tokenEntropy([1, 1, 2, 3])).toBeCloseTo(1.0397208, 7);
    expect(tokenEntropy([4, 4, 4])).toBe(0);
    expect(
      meanTokenEntropy([
        [1, 1, 2, 3],
        [4, 4, 4, 4],
      ]),
    ).toBeCloseTo(1.0397208 / 2, 7);
  });
});

describe('zero-shot', () => {
  const tokenizer = characterTokenizer('abcdef ');
  const documents = [
    { name: 'one', text: 'abc def' },
    { name: 'two', text: 'fed cba' },
  ];
  const scorer = ({ data }: { data: Int32Array }) => new Float64Array(data.length).fill(-2);
  const score = (tokens: TokenArray) => causalNll(scorer, tokens);

  test('chunks are wrapped, and what is left over is said', async () => {
    const result = await zeroShot(score, documents, { tokenizer, length: 7 });
    // 7 + 1 + 7 + 1 tokens in pieces of 5: three chunks of 7, one token left; the first of each does not count here.
    expect(result).toMatchObject({ chunks: 3, dropped: 1, tokens: 18, nllPerToken: 2 });
    const bare = await zeroShot(score, documents, { tokenizer, length: 7, wrap: false, maxChunks: 1 });
    expect(bare).toMatchObject({ chunks: 1, dropped: 2, tokens: 6 });
  });

  test('texts are detokenised first', async () => {
    const detokenize = (text: string) => text.replaceAll(' ', '');
    const result = await zeroShot(score, documents, { tokenizer, length: 7, detokenize });
    expect(result).toMatchObject({ chunks: 2, dropped: 4 });
  });
});

describe('MAUVE', () => {
  const uniform4 = [0.25, 0.25, 0.25, 0.25];
  // Computed with numpy from the definition.
  test.each([
    [[0.3, 0.7], [0.3, 0.7], 1, 0],
    [[0.5, 0.5], [0.9, 0.1], 0.67109581, 0.13756026],
    [uniform4, [0.4, 0.3, 0.2, 0.1], 0.95790195, 0.03732324],
    [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5], 0.0040721, 1],
    [[0.7, 0.3, 0], [0.2, 0.3, 0.5], 0.21935534, 0.34922637],
  ])('of histograms %j and %j', (p, q, area, integral) => {
    expect(mauveFromHistograms(p, q)).toBeCloseTo(area, 7);
    expect(frontierIntegral(p, q)).toBeCloseTo(integral, 7);
    // Neither prefers one of the two, and counts are as good as shares.
    expect(
      mauveFromHistograms(
        q,
        p.map((each) => 10 * each),
      ),
    ).toBeCloseTo(area, 7);
  });

  test('the curve runs from end to end inside the square', () => {
    const curve = divergenceCurve([0.5, 0.5], [0.9, 0.1]);
    expect(curve).toHaveLength(27);
    for (const point of curve.flat()) expect(point).toBeGreaterThanOrEqual(0);
    expect(() => divergenceCurve([1], [0.5, 0.5])).toThrow(/same bins/);
    expect(() => mauveFromHistograms([0, 0], [1, 0])).toThrow(/positive sum/);
  });

  test('k-means finds four blobs, the same for a key', () => {
    const noise = normal64(key(1), 800);
    const data = noise.map((each, at) => 0.05 * each + [(at >> 3) & 1, (at >> 4) & 1][at % 2]!);
    const points = { data, count: 400, size: 2 };
    const { assignments, inertia } = kMeans(points, { key: key(2), clusters: 4 });
    expect(kMeans(points, { key: key(2), clusters: 4 }).assignments).toEqual(assignments);
    // Squared distances to the blobs' own centres: 2 x .0025 a point.
    expect(inertia / 400).toBeCloseTo(0.005, 3);
    const label = (i: number): number => ((2 * i) >> 3) % 4;
    // As many pairs of blob and cluster as blobs: each blob is one cluster.
    const pairs = new Set([...assignments].map((cluster, i) => `${label(i)} ${cluster}`));
    expect(pairs.size).toBe(4);
    expect(new Set(assignments).size).toBe(4);
  });

  test('k-means with a cluster a point, and with points that coincide', () => {
    const one = { data: Float64Array.of(1, 1, 1, 5), count: 4, size: 1 };
    expect(kMeans(one, { key: key(0), clusters: 2 }).inertia).toBe(0);
    expect(kMeans(one, { key: key(0), clusters: 4 }).inertia).toBe(0);
  });

  test('principal directions keep the variance that is asked for, and distances along them', () => {
    // Standard deviations 3, 1, .1: shares .8999, .0999, .001.
    const noise = normal64(key(3), 3000);
    const data = noise.map((each, at) => each * [3, 1, 0.1][at % 3]!);
    const points = { data, count: 1000, size: 3 };
    expect([0.5, 0.95, 0.9999].map((share) => principalComponents(points, share).size)).toEqual([1, 2, 3]);
    const whole = principalComponents(points, 1);
    const gap = (rows: Float64Array): number => Math.hypot(...[0, 1, 2].map((j) => rows[j]! - rows[3 + j]!));
    expect(gap(whole.data)).toBeCloseTo(gap(data), 9);
  });

  const features = (seed: number, count: number, shift = 0) => ({
    shape: [count, 8],
    data: normal64(key(seed), count * 8).map((each, at) => each + (at % 8 === 0 ? shift : 0) + 1),
  });

  test('samples of one law score near 1, and less the further apart the laws are', () => {
    const human = features(10, 400);
    const scores = [0, 1, 3].map((shift, i) =>
      mauve(human, features(11 + i, 400, shift), { key: key(0), clusters: 10 }),
    );
    const [same, near, far] = scores.map((each) => each.mauve) as [number, number, number];
    expect(same).toBeGreaterThan(0.95);
    expect(near).toBeLessThan(same);
    expect(far).toBeLessThan(near);
    expect(mauve(human, human, { key: key(0) }).mauve).toBeCloseTo(1, 9);
    expect(scores[0]!.histograms[0].reduce((sum, each) => sum + each, 0)).toBe(400);
    expect(scores[2]!.frontierIntegral).toBeGreaterThan(scores[0]!.frontierIntegral);
    expect(scores[2]!.mauveStar).toBeGreaterThan(far);
  });

  // scikit-learn's principal components and k-means, the curve by numpy: tooling/reference/adlm/mauve.py
  test('equals another implementation, step by step', () => {
    const { clusters, size, human, model } = golden;
    const rows = (values: number[]) => ({
      shape: [values.length / size, size],
      data: Float64Array.from(values),
    });
    const found = mauve(rows(human), rows(model), { key: key(0), clusters });
    expect(found.components).toBe(golden.components);
    const [p, q] = found.histograms;
    const pairs = p.map((count, cluster) => [count, q[cluster]!]).sort(([a], [b]) => a! - b!);
    expect(pairs).toEqual([...golden.histograms].sort(([a], [b]) => a! - b!));
    expect(found.mauve).toBeCloseTo(golden.mauve, 9);
  });

  test('refuses too little text, rows of zeros, and features of another size', () => {
    const p = features(1, 40);
    expect(() => mauve(p, p, { key: key(0), clusters: 30 })).toThrow(/twice as many/);
    const zero = { shape: [40, 8], data: new Float64Array(320) };
    expect(() => mauve(p, zero, { key: key(0) })).toThrow(/zero or not finite/);
    expect(() => mauve(p, { shape: [64, 5], data: new Float64Array(320) }, { key: key(0) })).toThrow(
      /one size/,
    );
    expect(() => mauve(p, { shape: [320], data: new Float64Array(320) }, { key: key(0) })).toThrow(/rows/);
  });
});
