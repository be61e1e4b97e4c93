import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  cappedRemasking,
  confidenceRemasking,
  discreteNelbo,
  exactNelbo,
  forwardBackward,
  lockedIn,
  nelbo,
  oracleDenoiser,
  propagate,
  remaskingLoop,
  rescaledRemasking,
  type TokenDenoiser,
} from '../../src/discrete';
import { allSequences, distance, mean, mixed, mixedTable, tokensOf, toy, toyTable } from './toys';

const mixedEntropy = 0.429337653111;

describe('bounds with the exact denoiser', () => {
  // The bound is -log q
  test('continuous time: tight for every sequence', async () => {
    const bound = await exactNelbo(toy, tokensOf([1, 0, 0], [0, 1, 1]));
    expect(bound).toBeAllclose([0.105360515658, 2.302585092994], { atol: 1e-12 });
    expect(0.9 * bound[0]! + 0.1 * bound[1]!).toBeCloseTo(0.325082973391, 12);
  });

  test.each([
    [1, 0.97524892],
    [2, 0.609530575],
    [3, 0.505684625],
    [10, 0.375470834],
    [100, 0.329975472],
    [1000, 0.32557076],
  ])('%d steps: %d nats', async (steps, expected) => {
    const bound = await discreteNelbo(toy, tokensOf([1, 0, 0], [0, 1, 1]), { steps });
    expect(0.9 * bound[0]! + 0.1 * bound[1]!).toBeCloseTo(expected, 8);
  });

  test('the mixed toy: the bound is the entropy; without context it is the sum of the marginals', async () => {
    const { probabilities } = mixedTable;
    expect(mean(await exactNelbo(mixed, allSequences), probabilities)).toBeCloseTo(mixedEntropy, 10);
    expect(-mean(probabilities.map(Math.log), probabilities)).toBeCloseTo(mixedEntropy, 10);
    const blind: TokenDenoiser = {
      ...mixed,
      predict: ({ shape }) =>
        mixed.predict({ shape, data: new Int32Array(shape[0]! * shape[1]!).fill(mixed.maskId) }),
    };
    expect(mean(await exactNelbo(blind, allSequences), probabilities)).toBeCloseTo(1.026939948574, 10);
  });

  test.each([
    [3, 0, 0.597884901],
    [3, 0.02, 0.601462087],
    [3, 0.1, 0.61577083],
    [10, 0, 0.476683208],
    [10, 0.02, 0.500799151],
    [10, 0.1, 0.597262925],
    [100, 0, 0.433948062],
    [100, 0.02, 0.705767694],
    [100, 0.1, 1.753383317],
  ])('remasking loosens it: %d steps, chance %d: %d nats', async (steps, remasking, expected) => {
    const bound = await discreteNelbo(mixed, allSequences, { steps, remasking });
    expect(mean(bound, mixedTable.probabilities)).toBeCloseTo(expected, 8);
  });

  test('both estimators agree with the exact bound, the count estimator with less noise', async () => {
    const tokens = tokensOf(...Array.from({ length: 40 }, () => [1, 0, 0]));
    const [exact] = await exactNelbo(mixed, tokensOf([1, 0, 0]));
    const count = await nelbo(mixed, tokens, { samples: 50, key: key(0) });
    const time = await nelbo(mixed, tokens, { samples: 50, key: key(0), estimator: 'time' });
    for (const estimate of [count, time])
      expect(Math.abs(estimate.nllPerToken - exact! / 3)).toBeLessThan(4 * estimate.standardError);
    expect(count.standardError).toBeLessThan(time.standardError);
    // forty times the same sequence
    const same = await nelbo(mixed, tokens, { estimator: 'exact' });
    expect(same.standardError).toBeCloseTo(0, 12);
    expect(same.tokens).toBe(120);
  });

  test('the standard error is that of a ratio over sequences, or of the draws of a single one', async () => {
    // sums of 0.105, 2.303 and about 5 nats, of which three, two and no tokens count
    const tokens = tokensOf([1, 0, 0], [0, 1, 1], [1, 1, 1]);
    const mask = [1, 1, 1, 1, 1, 0, 0, 0, 0];
    const { perSequence, nllPerToken, standardError } = await nelbo(mixed, tokens, {
      estimator: 'exact',
      mask,
    });
    const [a, b] = perSequence as unknown as [number, number];
    expect(nllPerToken).toBeCloseTo((a + b) / 5, 12);
    // two residuals r and -r: a variance 2 r^2 of sums over two sequences, whose mean is the ratio's numerator
    expect(standardError).toBeCloseTo((2 * Math.abs(a - (3 * (a + b)) / 5)) / 5, 12);
    const one = tokensOf([1, 0, 0]);
    const draws = await nelbo(mixed, one, { samples: 4000, key: key(3) });
    const [exact] = await exactNelbo(mixed, one);
    expect(Math.abs(draws.nllPerToken - exact! / 3)).toBeLessThan(4 * draws.standardError);
    const fewer = await nelbo(mixed, one, { samples: 1000, key: key(4) });
    // half the error for four times the draws, its own scatter being a few hundredths
    expect(draws.standardError / fewer.standardError).toBeCloseTo(0.5, 1);
    expect((await nelbo(mixed, one, { key: key(3) })).standardError).toBeNaN();
  });

  test.each([
    { samples: 0 },
    { samples: -1 },
    { samples: 1.5 },
    { samples: Number.NaN },
    { batchSize: 0 },
    { batchSize: 0.5 },
  ])('refuses numbers of draws and sequences that are none: %o', async (options) => {
    await expect(nelbo(mixed, tokensOf([1, 0, 0]), { key: key(0), ...options })).rejects.toMatchObject({
      code: 'argument',
    });
  });

  test('a conditional likelihood is that of the conditional law', async () => {
    const { nllPerToken } = await nelbo(mixed, tokensOf([1, 0, 0]), {
      estimator: 'exact',
      targets: [1, 0, 1],
    });
    const p = mixedTable.probabilities;
    const given = p[0]! + p[1]! + p[4]! + p[5]!;
    expect(nllPerToken).toBeCloseTo(-Math.log(p[4]! / given) / 2, 12);
  });

  test.each([
    ['tokens with the mask in them', {}, [1, 2, 0], 'argument'],
    ['a token beyond the vocabulary', {}, [1, 3, 0], 'argument'],
    ['nothing to count', { mask: [0, 0, 0] }, [1, 0, 0], 'argument'],
    ['a mask of another size', { mask: [1] }, [1, 0, 0], 'shape'],
    ['an estimate without a key', { key: undefined }, [1, 0, 0], 'argument'],
  ])('refuses %s', async (_, options, row, code) => {
    const all = { key: key(0), ...options } as Parameters<typeof nelbo>[2];
    await expect(nelbo(toy, tokensOf(row), all)).rejects.toMatchObject({ code });
  });
});

describe('exact laws of samplers', () => {
  test.each([1, 2, 3, 8, 64, 512])('locked-in, %d steps: distance 0.27 / T', async (steps) => {
    const law = await propagate(toy, { length: 3, steps });
    expect(distance(law, toyTable.probabilities)).toBeCloseTo(0.27 / steps, 10);
  });

  test.each([
    ['locked-in', lockedIn(), [0.013862, 0.006933, 0.002774]],
    ['capped', cappedRemasking({ eta: 0.1 }), [0.012891, 0.007571, 0.004264]],
    ['rescaled', rescaledRemasking({ eta: 0.1 }), [0.013826, 0.007795, 0.003929]],
    ['forward-backward', forwardBackward(), [0.011995, 0.006099, 0.00246]],
    ['loop', remaskingLoop({ clamp: false }), [0.022095, 0.009004, 0.002324]],
  ] as const)('%s at 20, 40 and 100 steps', async (_, solver, expected) => {
    for (const [i, steps] of [20, 40, 100].entries()) {
      const law = await propagate(mixed, { length: 3, steps, solver });
      expect(Math.abs(distance(law, mixedTable.probabilities) - expected[i]!)).toBeLessThan(2e-6);
    }
  });

  // The free reverse step; the anchored one is the paper package's
  test('one step of the example from two thirds to one third', async () => {
    const init = new Float64Array(27);
    init[26] = 1;
    const law = await propagate(toy, { length: 3, times: [2 / 3, 1 / 3], init, fill: false });
    const state = (...ids: number[]) => ids.reduce((sum, id) => sum * 3 + id, 0);
    expect(law[state(2, 0, 2)]).toBeCloseTo(0.1125, 12);
    expect(law[state(1, 0, 2)]).toBeCloseTo(0.10125, 12);
  });

  test('refuses what it cannot do', async () => {
    await expect(propagate(mixed, { length: 3, solver: confidenceRemasking() })).rejects.toMatchObject({
      code: 'unsupported',
    });
    const wide = oracleDenoiser({ tokens: 3, length: 1, probabilities: [0.5, 0.25, 0.25] });
    await expect(propagate(wide, { length: 12 })).rejects.toMatchObject({ code: 'argument' });
  });
});
