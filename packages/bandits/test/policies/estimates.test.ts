import { expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import {
  asymptoticPolicy,
  chooseBatch,
  explain,
  greedyPolicy,
  revealingArm,
  sideInformation,
  standardFeedback,
  ucbIndex,
  withoutUnobservable,
} from '../../src';
import { weakestPair } from '../../src/policies/weakest-pair';
import { informant } from '../support/instances';

// By hand: precisions 1 and 4; (1 * 1 + 4 * 3) / 5 = 2.6; 1 / sqrt(5) = 0.4472136.
test('readings are weighted by their precision', () => {
  const policy = greedyPolicy(sideInformation([[1, 1], [0.5, 1]])); // prettier-ignore
  let state = policy.update(policy.init(), 0, [1, null]);
  state = policy.update(state, 1, [3, null]);
  expect(state.information[0]).toBe(5);
  expect(state.means[0]).toBeCloseTo(2.6, 12);
  expect(Math.sqrt(1 / state.information[0]!)).toBeCloseTo(0.4472136, 7);
});

// 1 / (2 (1/4 + 1)) = 0.4; 0.3 + sqrt(2 ln(100) / 4) = 1.8174271.
test('likelihood ratio and upper confidence index', () => {
  const state = { rounds: 2, plays: [1, 1], information: [4, 1], means: [1, 0] };
  expect(weakestPair(state, 0)).toEqual({ arm: 1, statistic: expect.closeTo(0.4, 12) });
  expect(ucbIndex(0.3, 4, Math.log(100))).toBeCloseTo(1.8174271, 7);
  expect(ucbIndex(0.3, 0, 1)).toBe(Infinity);
});

// P5: one exact reading settles an arm, in a state that JSON keeps, and asks for nothing more of it.
test('an exact reading settles an arm', () => {
  const information = standardFeedback([1, 0, 1]);
  const policy = asymptoticPolicy(information);
  let state = policy.update(policy.init(), 1, [null, 0.25, null]);
  state = policy.update(state, 1, [null, 0.25, null]);
  expect(state.means[1]).toBe(0.25);
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  for (let round = 0; round < 300; round++) {
    const arm = policy.choose(state, key(round));
    state = policy.update(
      state,
      arm,
      [0, 1, 2].map((i) => (i === arm ? [1, 0.25, 0][i]! : null)),
    );
  }
  expect(state.plays[1]).toBe(2);
  expect(state.means.every(Number.isFinite)).toBe(true);
});

// Two arms whose estimates tie ask for 2 / gapFloor^2 readings, a finite number (P6).
test('ties among estimates stay finite', () => {
  const policy = asymptoticPolicy(standardFeedback([1, 1]));
  let state = policy.init();
  for (let round = 0; round < 50; round++) {
    const arm = policy.choose(state, key(0));
    state = policy.update(
      state,
      arm,
      [0, 1].map((i) => (i === arm ? 0.5 : null)),
    );
  }
  expect(state.plays[0]! + state.plays[1]!).toBe(50);
  expect(Math.min(...state.plays)).toBeGreaterThan(20);
});

test('a batch spreads what one decision would repeat, and leaves the state alone', () => {
  const policy = asymptoticPolicy(standardFeedback([1, 1, 1]));
  const state = policy.init();
  const before = JSON.stringify(state);
  expect(chooseBatch(policy, { state, key: key(0), count: 3 })).toEqual([0, 1, 2]);
  expect(JSON.stringify(state)).toBe(before);
});

test('why a bad arm is played: the price of what it tells exceeds what it costs', () => {
  const policy = asymptoticPolicy(informant.information, { logLogWeight: 0 });
  let state = policy.init();
  let seen = '';
  for (let round = 0; round < 200 && seen === ''; round++) {
    const arm = policy.choose(state, key(0));
    if (arm === 0 && state.decision.phase === 'program') seen = explain(state, informant.information).text;
    const { sigma } = informant.information;
    state = policy.update(state, arm, informant.means.map((mean, i) => (sigma[arm * 5 + i]! < Infinity ? mean : null))); // prettier-ignore
  }
  expect(seen).toMatch(/^arm 0: it is the cheapest source of information/);
  const { program, leader, doubt } = explain(state, informant.information);
  expect(leader).toBe(1);
  // The informant's column is tight: the prices of what it reveals add up to its gap, 1.
  const paid = program.dual.reduce((sum, y) => sum + y * 4, 0);
  expect(paid).toBeCloseTo(1, 9);
  expect(doubt.needed).toBeGreaterThan(0);
});

test('arms that nothing reveals are named, and may be left out by declaration', () => {
  const information = sideInformation([[1, Infinity, 1], [Infinity, Infinity, Infinity], [1, Infinity, 1]]); // prettier-ignore
  expect(() => asymptoticPolicy(information)).toThrow(/no arm reveals arm 1.*withoutUnobservable/);
  const { information: rest, arms } = withoutUnobservable(information);
  expect(arms).toEqual([0, 2]);
  expect(asymptoticPolicy(rest).init().plays).toEqual([0, 0]);
});

test('policies that see their own readings alone refuse arms that do not reveal themselves', async () => {
  const { ucbPolicy, thompsonPolicy } = await import('../../src');
  expect(() => ucbPolicy(revealingArm(3), { mode: 'self' })).toThrow(/every arm must reveal itself/);
  expect(() => thompsonPolicy(revealingArm(3), { mode: 'self' })).toThrow(/every arm must reveal itself/);
});
