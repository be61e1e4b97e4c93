import { describe, expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { isLabError } from '@lab/tensor-core/errors';
import {
  asymptoticPolicy,
  greedyPolicy,
  joinSimulations,
  logCheckpoints,
  simulate,
  standardFeedback,
  thompsonPolicy,
  ucbPolicy,
  uniformPolicy,
} from '../../src';
import { drawsOf } from '../../src/policies/draws';
import { fullFeedback, graphFeedback, starGraph } from '../../src';
import { standard } from '../support/instances';

test('checkpoints over log time', () => {
  expect(logCheckpoints(100, { perDecade: 2 })).toEqual([1, 3, 10, 32, 100]);
  expect(logCheckpoints(1)).toEqual([1]);
  expect(logCheckpoints(1500).slice(-3)).toEqual([1000, 1259, 1500]);
});

// Uniform play costs the mean gap in every round, (0 + 0.2 + 0.5 + 1) / 4; over 4 x 20,000 plays within four errors.
test('uniform play costs the mean gap', async () => {
  const { mean, error, slope, quantiles, low, high, meanPlays, cost } = await simulate({
    policy: uniformPolicy(standard.information),
    means: standard.means,
    horizon: 2000,
    replications: 40,
    key: key(1),
    checkpoints: [200, 2000],
  });
  expect(Math.abs(mean[1]! - 0.425 * 2000)).toBeLessThan(4 * error[1]!);
  expect(Math.abs(error[1]! / Math.sqrt((2000 * (0.29 / 4 + 1 / 4 - 0.425 ** 2)) / 40) - 1)).toBeLessThan(
    0.4,
  );
  expect(slope.mean).toBeCloseTo((mean[1]! - mean[0]!) / Math.log(10), 9);
  expect([low[1]! < mean[1]!, high[1]! > mean[1]!, quantiles.q10[1]! < quantiles.median[1]!]).toEqual([true, true, true]); // prettier-ignore
  expect(meanPlays.reduce((sum, each) => sum + each, 0)).toBeCloseTo(2000, 9);
  expect(cost.pulls).toBe(80_000);
});

test('parts joined are the whole', async () => {
  const options = {
    policy: thompsonPolicy(standard.information),
    means: standard.means,
    horizon: 300,
    key: key(2),
  };
  const whole = await simulate({ ...options, replications: 5 });
  const joined = joinSimulations([
    await simulate({ ...options, replications: 2 }),
    await simulate({ ...options, replications: 3, first: 2 }),
  ]);
  expect({ ...joined, cost: 0 }).toEqual({ ...whole, cost: 0 });
});

// A standard normal law: mean 0, variance 1, kurtosis 3, and P(|x| > 1.96) = 0.05, P(|x| > 3.6541529) = 2.58e-4 (the tail
// that the ziggurat draws on its own); a million draws, four standard errors.
test('normal numbers', () => {
  const { normal, uniform } = drawsOf(key(9));
  const n = 1e6;
  let [sum, squares, fourth, beyond, tail, uniforms] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const x = normal();
    sum += x;
    squares += x * x;
    fourth += x ** 4;
    if (Math.abs(x) > 1.959963985) beyond++;
    if (Math.abs(x) > 3.6541528853610088) tail++;
    uniforms += uniform();
  }
  expect(Math.abs(sum / n)).toBeLessThan(4e-3);
  expect(Math.abs(squares / n - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  expect(Math.abs(fourth / n - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
  expect(Math.abs(beyond / n - 0.05)).toBeLessThan(4 * Math.sqrt(0.05 / n));
  expect(Math.abs(tail / n - 2.5805e-4)).toBeLessThan(4 * Math.sqrt(2.58e-4 / n));
  expect(Math.abs(uniforms / n - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
});

describe('full feedback', () => {
  const means = [1, 0.8, 0.5, 0];
  const information = fullFeedback(4);
  const run = (policy: Parameters<typeof simulate>[0]['policy']) =>
    simulate({ policy, means, horizon: 1e4, replications: 30, key: key(3), checkpoints: [1000, 1e4] });

  test('equal noise: the asymptotic policy, greedy and UCB-N play alike, and stop losing', async () => {
    const greedy = await run(greedyPolicy(information));
    expect((await run(asymptoticPolicy(information))).regret).toEqual(greedy.regret);
    expect((await run(ucbPolicy(information))).regret).toEqual(greedy.regret);
    // Reference run: 5 to 6, standard error 1.
    expect(greedy.mean[1]).toBeGreaterThan(2);
    expect(greedy.mean[1]).toBeLessThan(9);
    expect(greedy.mean[1]! - greedy.mean[0]!).toBeLessThan(0.5);
  });
  test('without the side observations about 110', async () => {
    const { mean } = await run(ucbPolicy(information, { mode: 'self' }));
    expect(mean[1]).toBeGreaterThan(80);
    expect(mean[1]).toBeLessThan(140);
  });
});

// Reference run: 13 +- 2, 80 +- 10, 320 +- 10; here 30 replications, so tolerances times 1.8.
test('a star whose hub is best', async () => {
  const means = [1, 0.8, 0.8, 0.8, 0.8, 0.8];
  const information = graphFeedback(starGraph(6));
  const run = (policy: Parameters<typeof simulate>[0]['policy']) =>
    simulate({ policy, means, horizon: 1e4, replications: 30, key: key(3), checkpoints: [1000, 1e4] });
  const ours = await run(asymptoticPolicy(information));
  expect(Math.abs(ours.mean[1]! - 13)).toBeLessThan(8);
  expect(ours.slope.mean).toBeLessThan(1);
  expect(Math.abs((await run(ucbPolicy(information))).mean[1]! - 80)).toBeLessThan(25);
  expect(Math.abs((await run(ucbPolicy(information, { mode: 'self' }))).mean[1]! - 320)).toBeLessThan(40);
});

test('without side observations the variants that use them are those that do not', async () => {
  const information = standardFeedback([1, 0.5, 2, 1]);
  const run = (policy: Parameters<typeof simulate>[0]['policy']) =>
    simulate({ policy, means: [1, 0.8, 0.5, 0], horizon: 2000, replications: 3, key: key(6) });
  const same = async (make: (mode: 'n' | 'self' | 'maxn') => Parameters<typeof simulate>[0]['policy']) =>
    expect((await run(make('n'))).regret).toEqual((await run(make('self'))).regret);
  await same((mode) => ucbPolicy(information, { mode }));
  await same((mode) => thompsonPolicy(information, { mode: mode === 'n' ? 'n' : 'self' }));
  expect((await run(ucbPolicy(information, { mode: 'maxn' }))).regret).toEqual((await run(ucbPolicy(information))).regret); // prettier-ignore
});

// Rewards and noise in another unit are the same problem; ties make the floor of the gaps matter. A power of two rounds nothing.
test('the unit of the rewards does not matter', async () => {
  const run = async (unit: number) => {
    const information = standardFeedback([unit, unit / 2, unit]);
    const { plays } = await simulate({
      policy: asymptoticPolicy(information),
      means: [unit, unit, unit / 2],
      horizon: 5000,
      replications: 4,
      key: key(11),
    });
    return plays;
  };
  expect(await run(64)).toEqual(await run(1));
});

test('an abort stops a long run within a turn of the event loop', async () => {
  const controller = new AbortController();
  const fractions: number[] = [];
  const running = simulate({
    policy: ucbPolicy(standard.information),
    means: standard.means,
    horizon: 1e7,
    replications: 10,
    key: key(0),
    signal: controller.signal,
    onStep: (fraction) => {
      fractions.push(fraction);
      if (fractions.length === 3) controller.abort();
    },
  });
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isLabError(error) && error.code).toBe('aborted');
  expect(fractions).toHaveLength(3);
});

test.each([
  ['too few means', { means: [1] }, 'shape'],
  ['no round', { horizon: 0 }, 'argument'],
  ['half a replication', { replications: 0.5 }, 'argument'],
  ['checkpoints beyond the horizon', { checkpoints: [5, 200] }, 'argument'],
  ['checkpoints that fall', { checkpoints: [50, 20, 100] }, 'argument'],
])('refuses %s', async (_, wrong, code) => {
  const options = { policy: uniformPolicy(standard.information), means: standard.means, horizon: 100, replications: 2, key: key(0) }; // prettier-ignore
  await expect(simulate({ ...options, ...wrong })).rejects.toMatchObject({ code });
});
