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
  nelbo,
  retokenize,
  tokenEntropy,
  zeroShotNelbo,
  zeroShotNll,
  type MaskedScorer,
} from '../../src/metrics/index';
import { countedPositions } from '../../src/metrics/generative-perplexity';
import { kMeans } from '../../src/metrics/mauve/k-means';
import { principalComponents } from '../../src/metrics/mauve/principal-components';
import { byteTokenizer, characterTokenizer } from '@lab/datasets/text';

const mask = 2;

/** .98 (0.9 at (1,0,0), 0.1 at (0,1,1)) + .02 uniform over three bits. */
const law = (x: readonly number[]): number => {
  const atom = x.join('') === '100' ? 0.9 : x.join('') === '011' ? 0.1 : 0;
  return 0.98 * atom + 0.02 / 8;
};
const outcomes = Array.from({ length: 8 }, (_, i) => [(i >> 2) & 1, (i >> 1) & 1, i & 1]);

/** Exact conditionals of the law above. */
const exactScorer: MaskedScorer = ({ ids, count }, targets) =>
  Float64Array.from({ length: count * 3 }, (_, at) => {
    const row = Math.floor(at / 3);
    const z = [...ids.subarray(row * 3, row * 3 + 3)];
    const possible = outcomes.filter((x) => x.every((bit, l) => z[l] === mask || z[l] === bit));
    const total = possible.reduce((sum, x) => sum + law(x), 0);
    const hit = possible.filter((x) => x[at % 3] === targets[at]).reduce((sum, x) => sum + law(x), 0);
    return Math.log(hit / total);
  });

const every = { ids: Int32Array.from(outcomes.flat()), count: 8, length: 3 };
/** `count` sequences of the law, in its proportions up to rounding. */
const sequence = (x: readonly number[]) => ({ ids: Int32Array.from(x), count: 1, length: 3 });

describe('the bound of a masked diffusion model', () => {
  test('of exact conditionals is -log q, whatever the sequence', async () => {
    for (const x of outcomes) {
      const { nll, tokens } = await nelbo(exactScorer, sequence(x), {
        maskId: mask,
        key: key(0),
        estimator: 'exact',
      });
      expect(nll * tokens).toBeCloseTo(-Math.log(law(x)), 12);
    }
  });

  test('averages to the entropy of the law: spec T10', async () => {
    let mean = 0;
    for (const x of outcomes)
      mean +=
        law(x) *
        3 *
        (await nelbo(exactScorer, sequence(x), { maskId: mask, key: key(0), estimator: 'exact' })).nll;
    expect(mean).toBeCloseTo(0.429337653111, 10);
  });

  test.each(['count', 'time'] as const)(
    'estimator %s agrees with the sum over all sets',
    async (estimator) => {
      const exact = await nelbo(exactScorer, every, { maskId: mask, key: key(0), estimator: 'exact' });
      const ids = new Int32Array(24 * 500);
      for (let i = 0; i < 500; i++) ids.set(every.ids, i * 24);
      const many = { ids, count: 4000, length: 3 };
      const estimate = await nelbo(exactScorer, many, {
        maskId: mask,
        key: key(1),
        estimator,
        samples: 2,
        batchSize: 1000,
      });
      expect(Math.abs(estimate.nll - exact.nll)).toBeLessThan(4 * estimate.standardError);
      expect(estimate.modelCalls).toBe(8);
      expect(estimate.tokens).toBe(12_000);
    },
  );

  test('of a uniform model over V - 1 tokens is ln(V - 1): exactly by count, within its error by time (spec T9)', async () => {
    const uniform: MaskedScorer = ({ ids }) => new Float64Array(ids.length).fill(-Math.log(27));
    const text = { ids: new Int32Array(64 * 32), count: 64, length: 32 };
    const byCount = await nelbo(uniform, text, { maskId: 27, key: key(0) });
    expect(byCount.nll).toBeCloseTo(Math.log(27), 6);
    expect(byCount.perplexity).toBeCloseTo(27, 6);
    expect(byCount.bitsPerToken).toBeCloseTo(Math.log2(27), 6);
    expect(byCount.standardError).toBeLessThan(1e-9);
    const byTime = await nelbo(uniform, text, { maskId: 27, key: key(0), estimator: 'time' });
    expect(Math.abs(byTime.nll - Math.log(27))).toBeLessThan(4 * Math.sqrt(5.9 / (64 * 32)) * Math.log(27));
  });

  test('the perplexity of a continuation masks its targets alone', async () => {
    const seen: number[] = [];
    const scorer: MaskedScorer = (corrupted, targets) => {
      for (let row = 0; row < corrupted.count; row++) seen.push(corrupted.ids[row * 3]!);
      return exactScorer(corrupted, targets);
    };
    const { nll, tokens } = await nelbo(scorer, sequence([1, 0, 0]), {
      maskId: mask,
      key: key(0),
      estimator: 'exact',
      targets: [0, 1, 1],
    });
    expect(seen).not.toContain(mask);
    const prompt = outcomes.filter(([first]) => first === 1).reduce((sum, x) => sum + law(x), 0);
    expect(nll * tokens).toBeCloseTo(-Math.log(law([1, 0, 0]) / prompt), 12);
  });

  test('refuses a mask in the text, nothing to count, and values that are not finite', async () => {
    const options = { maskId: mask, key: key(0) };
    await expect(nelbo(exactScorer, sequence([1, mask, 0]), options)).rejects.toThrow(/hold the mask/);
    await expect(nelbo(exactScorer, sequence([1, 0, 0]), { ...options, targets: [0, 0, 0] })).rejects.toThrow(
      /no token/,
    );
    await expect(nelbo(exactScorer, sequence([1, 0, 0]), { ...options, targets: [1] })).rejects.toThrow(
      /targets/,
    );
    await expect(nelbo(() => [NaN, NaN, NaN], sequence([1, 0, 0]), options)).rejects.toThrow(/not finite/);
    await expect(
      nelbo(exactScorer, { ids: new Int32Array(5), count: 2, length: 3 }, options),
    ).rejects.toThrow(/fill/);
    const long = { ids: new Int32Array(17), count: 1, length: 17 };
    await expect(nelbo(exactScorer, long, { ...options, estimator: 'exact' })).rejects.toThrow(/2\^length/);
    const stop = AbortSignal.abort();
    await expect(nelbo(exactScorer, every, { ...options, signal: stop })).rejects.toThrow(/stopped/);
  });
});

test('an autoregressive likelihood counts all but the first token', async () => {
  const scorer = () => [-100, -1, -2, -100, -3, -4];
  const { nll, tokens, perplexity } = await causalNll(scorer, {
    ids: new Int32Array(6),
    count: 2,
    length: 3,
  });
  expect([nll, tokens, perplexity]).toEqual([2.5, 4, Math.exp(2.5)]);
});

describe('generative perplexity', () => {
  const E = 0;

  test('the first end of text counts, later ones do not: spec T28', async () => {
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
    const evaluator = ({ ids }: { ids: Int32Array }) => {
      lengths.push(ids.length);
      return new Float64Array(ids.length).fill(-1);
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

  test('entropy: spec T29', () => {
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
  const uniform: MaskedScorer = ({ ids }) => new Float64Array(ids.length).fill(-Math.log(9));

  test('every position of a wrapped chunk counts, and what is left over is said', async () => {
    const result = await zeroShotNelbo(uniform, documents, { tokenizer, length: 7, key: key(0) });
    // 7 + 1 + 7 + 1 tokens in pieces of 5: three chunks of 7, one token left.
    expect(result).toMatchObject({ chunks: 3, dropped: 1, tokens: 21 });
    expect(result.perplexity).toBeCloseTo(9, 9);
    const bare = await zeroShotNelbo(uniform, documents, {
      tokenizer,
      length: 7,
      wrap: false,
      maxChunks: 1,
      key: key(0),
    });
    expect(bare).toMatchObject({ chunks: 1, dropped: 2, tokens: 7 });
  });

  test('autoregressive: the same chunks without their first tokens; texts are detokenised first', async () => {
    const result = await zeroShotNll(({ ids }) => new Float64Array(ids.length).fill(-2), documents, {
      tokenizer,
      length: 7,
      detokenize: (text) => text.replaceAll(' ', ''),
    });
    expect(result).toMatchObject({ chunks: 2, dropped: 4, tokens: 12, nll: 2 });
  });
});

describe('MAUVE', () => {
  const uniform4 = [0.25, 0.25, 0.25, 0.25];
  // Computed with numpy from the definition, spec T27.
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
    for (let i = 0; i < 400; i++)
      for (let j = 0; j < i; j++) expect(assignments[i] === assignments[j]).toBe(label(i) === label(j));
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

  test('refuses too little text, rows of zeros, and features of another size', () => {
    const p = features(1, 40);
    expect(() => mauve(p, p, { key: key(0), clusters: 30 })).toThrow(/twice as many/);
    const zero = { shape: [40, 8], data: new Float64Array(320) };
    expect(() => mauve(p, zero, { key: key(0) })).toThrow(/zero or not finite/);
    expect(() => mauve(p, { shape: [64, 5], data: new Float64Array(320) }, { key: key(0) })).toThrow(
      /one size/,
    );
    expect(() => mauve(p, { shape: [320], data: new Float64Array(320) }, { key: key(0) })).toThrow(
      /rows/,
    );
  });
});
