import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  cosineSchedule,
  denoisingLoss,
  drawTimes,
  gridTimes,
  levelledBatch,
  logitNormalTimes,
  lossWeight,
  rectifiedFlowSchedule,
  uniformTimes,
  vpLinearSchedule,
  type Prediction,
  type Weighting,
} from '../src';
import { normalQuantile } from '../src/training/normal-quantile';

beforeAll(() => engine());

const kinds: Prediction[] = ['epsilon', 'sample', 'v', 'velocity'];

describe('denoisingLoss', () => {
  const x0 = [1, -2, 0.5, 3];
  const noise = [0.2, 0.4, -1, 1];
  const t = [0.3, 0.8];
  /** What a network would put out that takes the sample for 0.9 x0 + 0.1. */
  const guess = (predicts: Prediction, schedule: typeof cosine) => ({
    apply: (_: unknown, x: Tensor): Tensor => {
      const values = x0.map((each, i) => {
        const [a, s] = [schedule.alpha(t[i >> 1]!), schedule.sigma(t[i >> 1]!)];
        const state = a * each + s * noise[i]!;
        const clean = 0.9 * each + 0.1;
        const implied = (state - a * clean) / s;
        return { epsilon: implied, sample: clean, v: a * implied - s * clean, velocity: implied - clean }[
          predicts
        ];
      });
      return tf.tensor(values, x.shape);
    },
  });
  const cosine = cosineSchedule();
  const run = (predicts: Prediction, weighting?: Weighting, schedule = cosine): number => {
    const batch = { x0: tf.tensor3d(x0, [2, 2, 1]), noise: tf.tensor3d(noise, [2, 2, 1]), t };
    const network = guess(predicts, schedule);
    const options = { network, schedule, predicts, ...(weighting === undefined ? {} : { weighting }) };
    const loss = denoisingLoss({}, batch, options);
    const value = loss.dataSync()[0]!;
    [loss, batch.x0, batch.noise].forEach((each) => each.dispose());
    return value;
  };
  const sampleErrors = x0.map((each) => (0.9 * each + 0.1 - each) ** 2);
  const weighted = (weight: (alpha: number, sigma: number) => number, schedule = cosine): number =>
    sampleErrors.reduce((sum, error, i) => {
      const time = t[i >> 1]!;
      return sum + (weight(schedule.alpha(time), schedule.sigma(time)) * error) / 4;
    }, 0);

  test.each(kinds)('%s: the plain squared error of the output, by hand', async (predicts) => {
    const weights = {
      epsilon: (a: number, s: number) => (a / s) ** 2,
      sample: () => 1,
      v: (_: number, s: number) => 1 / s ** 2, // alpha^2 + sigma^2 = 1
      velocity: (a: number, s: number) => ((a + s) / s) ** 2,
    };
    await expectNoLeak(() => expect(run(predicts)).toBeAllclose(weighted(weights[predicts]), { rtol: 1e-5 }));
  });

  test.each([...kinds, 'min-snr', { minSnr: 0.5 }] as Weighting[])(
    'weighting %j is the same loss whatever the network puts out',
    (weighting) => {
      for (const schedule of [cosine, rectifiedFlowSchedule(), vpLinearSchedule()]) {
        const losses = kinds.map((predicts) => run(predicts, weighting, schedule));
        for (const loss of losses) expect(loss).toBeAllclose(losses[0]!, { rtol: 1e-4 });
      }
    },
  );

  test('min-snr weighs the sample error by min(snr, gamma)', () => {
    const expected = weighted((a, s) => Math.min((a / s) ** 2, 5));
    expect(run('v', 'min-snr')).toBeAllclose(expected, { rtol: 1e-4 });
    expect(run('epsilon', { minSnr: 1 })).toBeAllclose(
      weighted((a, s) => Math.min((a / s) ** 2, 1)),
      { rtol: 1e-4 },
    );
  });

  test.each([
    ['v', undefined],
    ['epsilon', 'min-snr'],
    ['sample', 'velocity'],
  ] as [Prediction, Weighting | undefined][])(
    'of a levelled batch (%s, %s): the same bits, and compiled the same to rounding',
    async (predicts, weighting) => {
      await expectNoLeak(() => {
        const condition = { shift: tf.scalar(0.3) };
        const network = {
          apply: (w: Tensor, x: Tensor, told: Tensor, known?: typeof condition): Tensor =>
            tf.add(tf.mul(w, x), tf.add(tf.reshape(told, [-1, 1, 1]), known!.shift)),
        };
        const time = (each: number): number => 1000 * each;
        const options = { network, schedule: cosine, predicts, time, ...(weighting && { weighting }) };
        const batch = { x0: tf.tensor3d(x0, [2, 2, 1]), noise: tf.tensor3d(noise, [2, 2, 1]), t, condition };
        const levelled = levelledBatch(batch, options);
        const w = tf.scalar(0.5);
        const compiled = compile((each: Tensor, given: typeof levelled) =>
          denoisingLoss(each, given, options),
        );
        const plain = denoisingLoss(w, batch, options);
        const [same, close] = [denoisingLoss(w, levelled, options), compiled(w, levelled)];
        expect(same.dataSync()).toEqual(plain.dataSync());
        expect(close.dataSync()).toBeAllclose(plain.dataSync(), { rtol: 1e-6 });
        compiled.dispose();
        disposeTree([levelled, w, plain, same, close]);
      });
    },
  );

  test('refuses parts of a batch that do not fit, and weights that do not exist', () => {
    const batch = { x0: tf.zeros([2, 2]), noise: tf.zeros([2, 2]), t: [0.5] };
    const options = { network: guess('v', cosine), schedule: cosine, predicts: 'v' as const };
    expect(() => denoisingLoss({}, batch, options)).toThrow(/one time a sample/);
    batch.x0.dispose();
    batch.noise.dispose();
    expect(() => lossWeight('epsilon', { predicts: 'v', alpha: 1, sigma: 0 })).toThrow(/above 0/);
    expect(() => lossWeight('v', { predicts: 'epsilon', alpha: 0, sigma: 1 })).toThrow(/alpha = 0/);
  });
});

describe('drawTimes', () => {
  /** Kolmogorov's distance of the draws from a law, against its critical value at level 0.001. */
  const distance = (times: Float64Array, distribution: (t: number) => number): number => {
    const sorted = times.slice().sort();
    return sorted.reduce(
      (most, t, i) => Math.max(most, Math.abs(distribution(t) - (i + 0.5) / sorted.length)),
      0,
    );
  };
  const critical = (count: number): number => Math.sqrt(-Math.log(0.0005) / (2 * count));

  test.each(['independent', 'antithetic', 'stratified'] as const)('%s draws follow their law', (spread) => {
    const count = 4000;
    const uniform = drawTimes(key(1), count, { law: uniformTimes(0), spread });
    // Antithetic pairs are half as many independent draws.
    const limit = critical(spread === 'antithetic' ? count / 2 : count);
    expect(distance(uniform, (t) => t)).toBeLessThan(limit);
    const logit = drawTimes(key(2), count, { law: logitNormalTimes({ mean: 0.5, deviation: 0.8 }), spread });
    const below = logit.filter((t) => Math.log(t / (1 - t)) < 0.5 + 0.8).length / count;
    expect(Math.abs(below - 0.8413447)).toBeLessThan(limit); // Phi(1)
  });

  test('stratified has one time in every part, in random order; antithetic comes in pairs', () => {
    const strata = Array.from(drawTimes(key(3), 64, { law: uniformTimes(0) }), (t) => Math.floor(t * 64));
    expect(new Set(strata).size).toBe(64);
    expect(strata).not.toEqual([...strata].sort((a, b) => a - b));
    const pairs = drawTimes(key(3), 7, { law: uniformTimes(0), spread: 'antithetic' });
    for (let i = 0; i < 3; i++) expect(pairs[i]! + pairs[4 + i]!).toBeCloseTo(1, 12);
  });

  test('every time is in (0, 1], and a grid hits its points equally', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.integer({ min: 1, max: 20 }),
        (seed, count) => {
          for (const law of [uniformTimes(0), uniformTimes(), gridTimes(7), logitNormalTimes()])
            for (const t of drawTimes(key(seed), count, { law })) expect(t > 0 && t <= 1).toBe(true);
        },
      ),
    );
    const grid = drawTimes(key(0), 70, { law: gridTimes(7) });
    const counts = new Map<number, number>();
    for (const t of grid) counts.set(Math.round(t * 7), (counts.get(Math.round(t * 7)) ?? 0) + 1);
    expect([...counts.entries()].sort()).toEqual([1, 2, 3, 4, 5, 6, 7].map((i) => [i, 10]));
  });

  test('the normal quantile at table values', () => {
    // scipy.stats.norm.ppf
    for (const [p, z] of [
      [0.5, 0],
      [0.975, 1.959963984540054],
      [0.9986501019683699, 3],
      [1e-6, -4.753424308822899],
    ] as const)
      expect(normalQuantile(p)).toBeCloseTo(z, 7);
  });

  test.each([
    ['uniformTimes', () => uniformTimes(1)],
    ['gridTimes', () => gridTimes(0)],
    ['logitNormalTimes', () => logitNormalTimes({ deviation: 0 })],
  ])('%s refuses what makes no law', (_, make) => expect(make).toThrow());
});
