import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import '@lab/testing';
import {
  bannedTokens,
  cappedRemasking,
  cleanProbabilities,
  confidenceRemasking,
  drawToken,
  firstHitting,
  flowCorrector,
  forwardBackward,
  likeliest,
  lockedIn,
  nucleus,
  officialTimes,
  oracleDenoiser,
  propagate,
  remaskingLoop,
  rescaledRemasking,
  sampleTokens,
  type TokenDenoiser,
  type TokenSolver,
} from '../../src/discrete';
import { uniform64 } from '@lab/tensor-core/random';
import { mixed, mixedTable, tokensOf } from './toys';

const solvers: TokenSolver[] = [
  lockedIn(),
  cappedRemasking({ eta: 0.1 }),
  rescaledRemasking({ eta: 0.1 }),
  confidenceRemasking(),
  remaskingLoop(),
  forwardBackward(),
  flowCorrector(),
];
const [m, batch] = [mixed.maskId, 1500];

/** The law of drawn sequences over all eight. */
function law(samples: { data: Int32Array }): number[] {
  const counts = new Array<number>(8).fill(0);
  const rows = samples.data.length / 3;
  for (let row = 0; row < rows; row++) {
    const [a, b, c] = samples.data.subarray(3 * row, 3 * row + 3);
    counts[4 * a! + 2 * b! + c!]! += 1 / rows;
  }
  return counts;
}
/** Of a law over states with masks (base 3) what it gives the eight sequences without. */
const cleanLaw = (states: Float64Array): number[] =>
  Array.from({ length: 8 }, (_, i) => states[9 * (i >> 2) + 3 * ((i >> 1) & 1) + (i & 1)]!);
const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, each, i) => sum + Math.abs(each - b[i]!), 0) / 2;

describe('sampling with the exact denoiser', () => {
  test.each(solvers.map((solver) => [solver.name, solver] as const))(
    '%s: the law of the data, and each event counted',
    async (_, solver) => {
      const seen: number[] = [];
      const { samples, steps, modelCalls } = await sampleTokens(mixed, {
        shape: [batch, 3],
        steps: 100,
        solver,
        key: key(0),
        onStep: ({ index }) => void seen.push(index),
      });
      expect(seen).toEqual(Array.from({ length: 100 }, (__, i) => i));
      expect(samples.data.includes(m)).toBe(false);
      expect(steps).toBe(100);
      expect(modelCalls).toBeLessThanOrEqual(101);
      // 1,500 draws, nine tenths of them of one sequence: a distance of 0.03 is beyond four standard deviations. The law of
      // the sampler itself is that of the data up to its steps, for the corrector up to 0.05; confidence has no such law.
      const exact = solver.remembers
        ? mixedTable.probabilities
        : cleanLaw(await propagate(mixed, { length: 3, steps: 100, solver }));
      expect(distance(law(samples), exact)).toBeLessThan(solver.remembers ? 0.06 : 0.03);
      expect(distance(exact, mixedTable.probabilities)).toBeLessThan(0.05);
    },
  );

  test('first-hitting: exact, with as many calls as places', async () => {
    const solver = firstHitting();
    const { samples, modelCalls, steps } = await sampleTokens(mixed, {
      shape: [batch, 3],
      solver,
      key: key(1),
    });
    expect([modelCalls, steps]).toEqual([3, 3]);
    expect(distance(law(samples), mixedTable.probabilities)).toBeLessThan(0.03);
  });

  test.each([...solvers, firstHitting()].map((solver) => [solver.name, solver] as const))(
    '%s: what is given stays, and the rest follows the conditional law',
    async (_, solver) => {
      const rows = solver.name === 'locked-in' ? 4000 : batch;
      const init = tokensOf(...Array.from({ length: rows }, () => [m, 0, m]));
      const many = solver.stepsFor ? {} : { steps: solver.name === 'locked-in' ? 512 : 100 };
      const { samples } = await sampleTokens(mixed, { init, solver, key: key(2), ...many });
      expect(samples.data.filter((id, i) => i % 3 === 1 && id !== 0)).toHaveLength(0);
      const given = [0, 1, 4, 5];
      const total = given.reduce((sum, i) => sum + mixedTable.probabilities[i]!, 0);
      const conditional = mixedTable.probabilities.map((p, i) => (given.includes(i) ? p / total : 0));
      expect(distance(law(samples), conditional)).toBeLessThan(0.03);
      expect(init.data.filter((id) => id === m)).toHaveLength(2 * rows);
    },
  );

  test('sequence i does not depend on the batch, and a key gives the same samples', async () => {
    const options = { steps: 8, key: key(3), solver: remaskingLoop({ off: 0.2 }) };
    const few = await sampleTokens(mixed, { shape: [5, 3], ...options });
    const many = await sampleTokens(mixed, { shape: [50, 3], ...options });
    expect(Array.from(many.samples.data.subarray(0, 15))).toEqual(Array.from(few.samples.data));
    const other = await sampleTokens(mixed, { shape: [50, 3], ...options, key: key(4) });
    expect(other.samples.data).not.toEqual(many.samples.data);
  });

  test('controls act on what is drawn', async () => {
    const controls = [bannedTokens([1])];
    const { samples } = await sampleTokens(mixed, { shape: [9, 3], steps: 9, key: key(0), controls });
    expect(samples.data.every((id) => id === 0)).toBe(true);
  });

  test('a grid that ends before 0 leaves masks to the likeliest token', async () => {
    const { samples, filledLast } = await sampleTokens(mixed, {
      shape: [200, 3],
      times: [1, 0.5],
      key: key(0),
    });
    expect(filledLast).toBeGreaterThan(200);
    expect(filledLast).toBeLessThan(400);
    expect(samples.data.includes(m)).toBe(false);
    expect(officialTimes(4).map((t) => t.toFixed(5))).toEqual([
      '1.00000',
      '0.75000',
      '0.50001',
      '0.25001',
      '0.00001',
    ]);
  });
});

describe('the cache', () => {
  const uniform = oracleDenoiser({
    tokens: 2,
    length: 8,
    probabilities: new Array<number>(256).fill(1 / 256),
  });

  test('gives the same samples with at most one call a token', async () => {
    const run = (cache: boolean, rows: number) =>
      sampleTokens(uniform, { shape: [rows, 8], steps: 200, key: key(5), cache });
    const [cached, plain] = [await run(true, 1), await run(false, 1)];
    expect(cached.samples).toEqual(plain.samples);
    expect(cached.modelCalls).toBeLessThanOrEqual(9);
    expect(plain.modelCalls).toBe(200);
    const [several, each] = [await run(true, 16), await run(false, 16)];
    expect(several.samples).toEqual(each.samples);
    expect(several.sequencesPredicted).toBeLessThanOrEqual(9 * 16);
    expect(each.sequencesPredicted).toBe(200 * 16);
  });

  test('is refused for denoisers that are told of the time', async () => {
    const told: TokenDenoiser = { ...uniform, timeConditioned: true };
    await expect(
      sampleTokens(told, { shape: [1, 8], steps: 2, key: key(0), cache: true }),
    ).rejects.toMatchObject({ code: 'argument' });
    const seen: number[] = [];
    const noises: TokenDenoiser = {
      ...told,
      predict: (tokens, context) => (seen.push(context!.totalNoise!), uniform.predict(tokens)),
    };
    await sampleTokens(noises, { shape: [1, 8], steps: 2, key: key(0) });
    expect(seen[1]).toBeCloseTo(Math.log(2), 12);
  });
});

describe('draws', () => {
  // Wilson-Hilferty: (chi^2 / n)^(1/3) is normal with mean 1 - 2 / (9 n) and variance 2 / (9 n)
  test('fifty thousand equal tokens pass a chi-squared test; single precision is renormalised', () => {
    const vocabulary = 50_000;
    const probabilities = new Float32Array(vocabulary).fill((1 + 1e-5) / vocabulary);
    const cumulative = uniform64(key(6), 1e6);
    const counts = new Float64Array(vocabulary);
    // drawToken scans, so a share of the draws goes through it, and all of them through the inverse that it computes
    for (let i = 0; i < 1e6; i++) counts[Math.floor(cumulative[i]! * vocabulary)]! += 1;
    for (let i = 0; i < 500; i++)
      expect(drawToken(probabilities, cumulative[i]!)).toBe(Math.floor(cumulative[i]! * vocabulary));
    const expected = 1e6 / vocabulary;
    const squared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    const n = vocabulary - 1;
    const z = (Math.cbrt(squared / n) - (1 - 2 / (9 * n))) / Math.sqrt(2 / (9 * n));
    expect(Math.abs(z)).toBeLessThan(3.9);
    expect(cumulative.some((u) => (u * 2 ** 32) % 1 !== 0)).toBe(true);
  });

  test('a softmax without the mask, in double precision', () => {
    const logits = Float32Array.of(9, 9, 0, Math.log(3), 50);
    const row = { start: 2, vocabSize: 3, maskId: 2, place: 'here' };
    expect(cleanProbabilities(logits, row)).toBeAllclose([0.25, 0.75, 0], { rtol: 1e-7 });
    expect(cleanProbabilities(logits, { ...row, temperature: 0.5 })).toBeAllclose([0.1, 0.9, 0], {
      rtol: 1e-7,
    });
    expect(likeliest(Float64Array.of(0.2, 0.4, 0.4))).toBe(1);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => cleanProbabilities(Float32Array.of(bad, 0, 0), { ...row, start: 0 })).toThrow('here');
  });

  // the official release's example, and the rule of Holtzman et al.
  test('both rules of the nucleus', () => {
    const p = Float64Array.of(0.5, 0.3, 0.15, 0.05);
    expect(nucleus(p, { p: 0.9, rule: 'strict' })).toBeAllclose([0.625, 0.375, 0, 0], { rtol: 1e-12 });
    expect(nucleus(p, { p: 0.9 })).toBeAllclose([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0], { rtol: 1e-12 });
    expect(nucleus(Float64Array.of(0.05, 0.95), { p: 0.5, rule: 'strict' })).toBeAllclose([0, 1]);
    expect(() => nucleus(p, { p: 0 })).toThrow('p lies in');
  });
});

test.each([
  ['neither shape nor init', {}, 'argument'],
  ['both of them', { shape: [1, 3], init: tokensOf([m, m, m]) }, 'argument'],
  ['a sequence that is too long', { shape: [1, 4] }, 'argument'],
  ['no sequence', { shape: [0, 3] }, 'shape'],
  ['a token beyond the vocabulary', { init: tokensOf([7, m, m]) }, 'argument'],
  ['times that rise', { shape: [1, 3], times: [0.5, 0.6] }, 'argument'],
  ['no steps', { shape: [1, 3], steps: 0 }, 'argument'],
  ['too few steps for the loop', { shape: [1, 3], steps: 19, solver: remaskingLoop() }, 'argument'],
  ['steps of the first-hitting solver', { shape: [1, 3], steps: 5, solver: firstHitting() }, 'argument'],
  ['a temperature of 0', { shape: [1, 3], temperature: 0 }, 'argument'],
] as const)('refuses %s', async (_, options, code) => {
  const all = { key: key(0), ...options } as Parameters<typeof sampleTokens>[1];
  await expect(sampleTokens(mixed, all)).rejects.toMatchObject({ code });
});
