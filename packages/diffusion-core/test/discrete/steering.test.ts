import { fc, test as property } from '@fast-check/vitest';
import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  bannedTokens,
  cleanProbabilities,
  confidenceRemasking,
  greatestRemasking,
  guidedTokens,
  lockedIn,
  nucleus,
  propagate,
  sampleTokens,
  steered,
  type MaskingStep,
  type TokenControl,
  type TokenDenoiser,
  type TokenSolver,
} from '../../src/discrete';
import { mixed, mixedTable, tokensOf, toy } from './toys';

const m = mixed.maskId;
const at = { sequence: 0, place: 0, tokens: Int32Array.of(4), maskId: 4, t: 0.5 };

describe('what a token is drawn from', () => {
  const p = Float64Array.of(0.5, 0.3, 0.15, 0.05, 0);

  test('a nucleus is that of the distribution which the controls leave', () => {
    const options = { controls: [bannedTokens([0])], nucleus: { p: 0.9, rule: 'strict' as const } };
    // 0.3, 0.15 and 0.05 are 0.6, 0.3 and 0.1 of what is left, of which the first two are 0.9
    expect(steered(p.slice(), at, options)).toBeAllclose([0, 2 / 3, 1 / 3, 0, 0], { rtol: 1e-12 });
    expect(steered(p.slice(), at, { controls: options.controls })).toBeAllclose([0, 0.6, 0.3, 0.1, 0]);
  });

  property.prop([
    fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 }),
    fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    fc.double({ min: 0.01, max: 1, noNaN: true }),
    fc.constantFrom('standard' as const, 'strict' as const),
  ])(
    'a nucleus does not depend on the scale of its weights, and sums to 1',
    (weights, scale, share, rule) => {
      const total = weights.reduce((sum, each) => sum + each, 0);
      const law = Float64Array.from(weights, (each) => each / total);
      const found = nucleus(law, { p: share, rule });
      expect(found.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
      // A cumulative sum may lie on the edge within rounding, where either answer is right.
      const sorted = law.slice().sort((a, b) => b - a);
      let cumulative = 0;
      fc.pre(sorted.every((each) => Math.abs((cumulative += each) - share) > 1e-9));
      const scaled = nucleus(
        law.map((each) => each * scale),
        { p: share, rule },
      );
      expect(scaled).toBeAllclose(found, { rtol: 1e-9 });
    },
  );

  test.each<[string, TokenControl['estimate']]>([
    ['nothing', (law) => law.fill(0)],
    ['NaN', (law) => law.fill(Number.NaN)],
    ['less than nothing', (law) => law.map((_, i) => (i === 0 ? -1 : 1))],
    ['the mask', (law) => law.fill(0.2)],
    ['another vocabulary', () => Float64Array.of(1)],
  ])('a control that leaves %s is named', (_, estimate) => {
    const controls = [{ name: 'wrong', estimate: estimate! }];
    expect(() => steered(p.slice(), at, { controls })).toThrow(
      "control 'wrong' at t 0.5, sequence 0, place 0",
    );
  });
});

describe('remasking by confidence', () => {
  const step = (given: number[]): MaskingStep => ({
    index: 3,
    steps: 10,
    t: 0.6,
    tNext: 0.5,
    alpha: 0.4,
    alphaNext: 0.5,
    masked: Uint8Array.of(0, 1, 0, 0),
    given: Uint8Array.from(given),
    confidence: Float64Array.of(0.9, 0, 0.2, 0),
    draw: 0,
  });

  test('shares the greatest chance among drawn tokens alone, whatever is given', () => {
    // s_max = min(1, .5 / .4) = 1; given and masked places have no share
    const [a, b] = [Math.exp(-0.9), Math.exp(-0.2)];
    const { remask, unmask } = confidenceRemasking().rates(step([0, 0, 0, 1]));
    expect(remask as Float64Array).toBeAllclose([a / (a + b), 0, b / (a + b), 0], { rtol: 1e-12 });
    expect(unmask).toBeCloseTo(0.1 / 0.6, 12);
    const all = confidenceRemasking().rates(step([0, 0, 0, 0])).remask as Float64Array;
    expect(all.reduce((sum, each) => sum + each, 0)).toBeCloseTo(greatestRemasking(0.4, 0.5), 12);
    expect(all).toBeAllclose(
      [a, 0, b, 1].map((each) => each / (a + b + 1)),
      { rtol: 1e-12 },
    );
  });

  test('solvers are told what is given', async () => {
    const seen: string[] = [];
    const spy: TokenSolver = {
      ...confidenceRemasking(),
      rates: (now) => (seen.push(now.given.join('')), confidenceRemasking().rates(now)),
    };
    const init = tokensOf([m, 0, m], [1, m, m]);
    await sampleTokens(mixed, { init, solver: spy, steps: 2, key: key(0) });
    expect(seen).toEqual(['010', '100', '010', '100']);
  });
});

describe('guidance', () => {
  const tokens = tokensOf([2, 2, 2]);
  const law = async (denoiser: TokenDenoiser) => {
    const { logits } = await denoiser.predict(tokens);
    return cleanProbabilities(logits, { start: 0, vocabSize: 3, maskId: 2, place: 'here' });
  };
  test('by its formula; without strength it is the conditional denoiser, at -1 the unconditional one', async () => {
    const [conditional, free] = [await law(toy), await law(mixed)];
    const answer = await toy.predict(tokens);
    const same: TokenDenoiser = { ...toy, predict: () => answer };
    expect(await guidedTokens(same, mixed, { scale: 0 }).predict(tokens)).toBe(answer);
    expect(await law(guidedTokens(toy, mixed, { scale: -1 }))).toBeAllclose(free, { rtol: 1e-12 });
    const raw = conditional.map((p, i) => (p === 0 ? 0 : p ** 3 / free[i]! ** 2));
    const total = raw.reduce((sum, each) => sum + each, 0);
    expect(await law(guidedTokens(toy, mixed, { scale: 2 }))).toBeAllclose(
      raw.map((each) => each / total),
      { rtol: 1e-12 },
    );
  });

  test('what is impossible on either side is a probability still', async () => {
    const fixed = (...logits: number[]): TokenDenoiser => ({
      ...mixed,
      predict: () => ({ logits: Float64Array.from([...logits, 0, ...logits, 0, ...logits, 0]) }),
    });
    const [half, first] = [fixed(Math.log(0.5), Math.log(0.5)), fixed(0, -Infinity)];
    // the ratio at the first token is 0.5 / 1, so 0.5 * 0.25 to the second one's 0.5
    expect(await law(guidedTokens(half, first, { scale: 2 }))).toBeAllclose([0.2, 0.8, 0], { rtol: 1e-12 });
    expect(await law(guidedTokens(first, half, { scale: 2 }))).toBeAllclose([1, 0, 0]);
    expect(await law(guidedTokens(half, first, { scale: -0.5 }))).toBeAllclose([1, 0, 0]);
    expect(await law(guidedTokens(half, first, { scale: -1 }))).toBeAllclose([1, 0, 0]);
  });

  test('refuses scales below -1 and other vocabularies, and leaves the denoisers alone', () => {
    for (const scale of [-1.1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => guidedTokens(toy, mixed, { scale })).toThrow('at least -1');
    expect(() => guidedTokens(toy, { ...mixed, vocabSize: 4 }, { scale: 1 })).toThrow('one vocabulary');
    expect(guidedTokens(toy, mixed, { scale: 1 })).not.toHaveProperty('dispose');
  });
});

describe('a model that unmasks at its own speed', () => {
  const slow: TokenDenoiser = {
    ...mixed,
    async predict(tokens) {
      const { logits } = await mixed.predict(tokens);
      return { logits, unmaskFactor: new Float64Array(tokens.data.length).fill(0.5) };
    },
  };

  test('leaves no mask at the clean end, and is propagated as it is drawn', async () => {
    const options = { steps: 4, solver: lockedIn() };
    const law = await propagate(slow, { length: 3, ...options, fill: false });
    const clean = Array.from(
      { length: 8 },
      (_, i) => law[9 * ((i >> 2) & 1) + 3 * ((i >> 1) & 1) + (i & 1)]!,
    );
    expect(clean.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12);
    const rows = 4000;
    const { samples, filledLast } = await sampleTokens(slow, { shape: [rows, 3], key: key(1), ...options });
    expect(filledLast).toBe(0);
    const counts = new Array<number>(8).fill(0);
    for (let row = 0; row < rows; row++) {
      const [a, b, c] = samples.data.subarray(3 * row, 3 * row + 3);
      counts[4 * a! + 2 * b! + c!]! += 1 / rows;
    }
    // four standard deviations of a share of 4,000 draws
    clean.forEach((p, i) =>
      expect(Math.abs(counts[i]! - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / rows) + 1e-9),
    );
    // slower, it draws more places at once, and is further from the law
    const plain = await propagate(mixed, { length: 3, ...options });
    const error = (found: Float64Array) =>
      mixedTable.probabilities.reduce(
        (sum, p, i) => sum + Math.abs(p - found[9 * ((i >> 2) & 1) + 3 * ((i >> 1) & 1) + (i & 1)]!),
        0,
      );
    expect(error(law)).toBeGreaterThan(error(plain));
  });
});
