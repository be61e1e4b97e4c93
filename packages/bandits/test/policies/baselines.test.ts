import { expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import {
  exploreThenCommitPolicy,
  graphFeedback,
  greedyPolicy,
  idsPolicy,
  ossbPolicy,
  simulate,
  starGraph,
  ucbLpPolicy,
  ucbPolicy,
  wuPolicy,
  type Policy,
} from '../../src';
import { informant, standard, star } from '../support/instances';

const play = (policy: Policy, { means }: { means: readonly number[] }, horizon: number, replications = 10) =>
  simulate({ policy, means, horizon, replications, key: key(8) });

// A star is covered by its hub alone (z* = 1), and while 6 D > 1 that is cheaper than playing every arm: the first stage,
// ceil(8 ln T) plays, is the hub's.
test('UCB-LP explores through the least cover, and commits', async () => {
  const horizon = 1e5;
  const policy = ucbLpPolicy(star.information, { horizon });
  const first = Math.ceil(8 * Math.log(horizon));
  let state = policy.init();
  expect(state.owed).toEqual([first, 0, 0, 0, 0, 0]);
  for (let round = 0; round < first; round++)
    state = policy.update(state, policy.choose(state, key(0)), [...star.means]);
  expect([state.stage, state.resolution]).toEqual([1, 0.5]);
  const { meanPlays } = await play(policy, star, horizon, 5);
  expect(meanPlays[1]).toBeGreaterThan(0.8 * horizon);
  expect(() => ucbLpPolicy(informant.information, { horizon })).toThrow(/same noise/);
});

test('explore then commit plays every arm so often, then one for ever', async () => {
  const { plays, arms } = await play(
    exploreThenCommitPolicy(standard.information, { plays: 50 }),
    standard,
    1000,
  );
  for (let r = 0; r < 10; r++) {
    const own = Array.from(plays.subarray(r * arms, (r + 1) * arms)).sort((a, b) => a - b);
    expect(own).toEqual([50, 50, 50, 850]);
  }
});

// The informant is worth its price to IDS too; UCB plays it only until its index has come down.
test('information-directed sampling plays an informant more than UCB does, and loses less', async () => {
  const ids = await play(idsPolicy(informant.information, { draws: 100 }), informant, 1000, 4);
  const ucb = await play(ucbPolicy(informant.information), informant, 1000, 4);
  expect(ids.meanPlays[0]).toBeGreaterThan(1.5 * ucb.meanPlays[0]!);
  expect(ids.mean.at(-1)).toBeLessThan(ucb.mean.at(-1)!);
});

test('OSSB and Wu et al. play the informant by its share, and no rival leaf', async () => {
  const ossb = await play(ossbPolicy(informant.information), informant, 20_000);
  const wu = await play(wuPolicy(informant.information), informant, 20_000);
  // 12.5 ln 2e4 = 123.8, and 8.8 times that.
  expect(Math.abs(ossb.meanPlays[0]! / 123.8 - 1)).toBeLessThan(0.5);
  expect(Math.abs(wu.meanPlays[0]! / (8.8 * 123.8) - 1)).toBeLessThan(0.3);
});

test('greedy is stuck on a wrong arm in some runs', async () => {
  const { quantiles, mean } = await play(greedyPolicy(standard.information), standard, 5000, 40);
  expect(quantiles.q90.at(-1)).toBeGreaterThan(0.2 * 4900);
  expect(mean.at(-1)).toBeGreaterThan(200);
});

test('UCB-MaxN moves to the better of the arms that reveal its choice', () => {
  const policy = ucbPolicy(graphFeedback(starGraph(4)), { mode: 'maxn' });
  const state = {
    rounds: 40,
    plays: [10, 10, 10, 10],
    information: [40, 20, 1, 20],
    means: [0.6, 0.9, 0.5, 0.2],
  };
  // Arm 2 has the greatest index; of those that reveal it, itself and the hub, the hub has the greater mean.
  expect(ucbPolicy(graphFeedback(starGraph(4))).choose(state, key(0))).toBe(2);
  expect(policy.choose(state, key(0))).toBe(0);
});
