import { describe, expect, test } from 'vitest';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import {
  asymptoticPolicy,
  chooseBatch,
  policyFrom,
  restrictTo,
  type BanditState,
  type PolicySpec,
} from '../../src';
import { revealing, star } from '../support/instances';
import { label, specs } from '../support/policies';

const leaves = [1, 2, 3, 4, 5];

/** Readings of a round on the star, those of arms that are away left out. */
function readings(arm: number, round: number, among: readonly number[]): (number | null)[] {
  const noise = normal64(foldIn(key(4), round), 6);
  const { sigma } = star.information;
  return star.means.map((mean, i) =>
    among.includes(i) && sigma[arm * 6 + i]! < Infinity ? mean + noise[i]! : null,
  );
}

describe.each(specs.map((spec) => [label(spec), spec] as const))('%s', (_, spec) => {
  const policy = policyFrom(spec, star.information);

  test('plays what is there, whatever the order, and leaves the state alone', () => {
    let state: BanditState = policy.init();
    for (let round = 0; round < 80; round++) {
      const own = foldIn(key(3), round);
      const availableArms = [0, 1, 2, 3, 4, 5].filter((i) => i === round % 6 || (round + i) % 3 > 0);
      const before = JSON.stringify(state);
      const arm = policy.choose(state, own, { availableArms });
      expect(availableArms).toContain(arm);
      expect(policy.choose(state, own, { availableArms: [...availableArms].reverse() })).toBe(arm);
      expect(policy.choose(state, own, { availableArms: [5, 4, 3, 2, 1, 0] })).toBe(
        policy.choose(state, own),
      );
      expect(JSON.stringify(state)).toBe(before);
      state = policy.update(state, arm, readings(arm, round, [0, ...leaves]));
    }
  });

  test.each([[[]], [[6]], [[1, 1]], [[0.5]]])('refuses %j', (availableArms) => {
    expect(() => policy.choose(policy.init(), key(0), { availableArms })).toThrow(/^choose: availableArms/);
  });
});

// What decides by estimates alone must play the smaller problem exactly as a policy that was made for it.
test.each<[PolicySpec]>([
  [{ kind: 'greedy' }],
  [{ kind: 'ucb' }],
  [{ kind: 'ucb', mode: 'maxn' }],
  [{ kind: 'thompson' }],
  [{ kind: 'uniform' }],
  [{ kind: 'ids', draws: 40 }],
])('without its hub the star is played as leaves alone: %j', (spec) => {
  const whole = policyFrom(spec, star.information);
  const part = policyFrom(spec, restrictTo(star.information, leaves).information);
  let [a, b] = [whole.init(), part.init()];
  for (let round = 0; round < 150; round++) {
    const own = foldIn(key(5), round);
    const arm = whole.choose(a, own, { availableArms: leaves });
    expect(arm).toBe(part.choose(b, own) + 1);
    const read = readings(arm, round, leaves);
    a = whole.update(a, arm, read);
    b = part.update(b, arm - 1, read.slice(1));
  }
});

// Leaves alone are a bandit without side observations: 2 / 0.2^2 = 50 plays of each rival per ln T, 50 ln 3000 = 400.3. With
// the means themselves as readings the policy follows its program to the round.
test('the asymptotic policy follows the program of the arms that are there', () => {
  const policy = asymptoticPolicy(star.information, { logLogWeight: 0 });
  let state = policy.init();
  for (let round = 0; round < 3000; round++) {
    const arm = policy.choose(state, key(round), { availableArms: leaves });
    state = policy.update(state, arm, star.means.map((mean, i) => (i === arm ? mean : null))); // prettier-ignore
  }
  expect(state.plays[0]).toBe(0);
  expect(state.plays.slice(2)).toEqual([401, 401, 401, 401]);
});

test('arms that nothing available reveals are played while they lead', () => {
  const policy = asymptoticPolicy(revealing.information);
  const state = policy.update(policy.init(), 0, [...revealing.means]);
  expect(policy.choose(state, key(0), { availableArms: [1, 2, 3] })).toBe(1);
  expect(policy.choose(state, key(0), { availableArms: [3, 2] })).toBe(2);
  expect(policy.choose(policy.init(), key(0), { availableArms: [3, 2] })).toBe(2);
  expect(chooseBatch(policy, { state, key: key(0), count: 2, availableArms: [2, 3] })).toEqual([2, 2]);
});
