import { describe, expect, test, vi } from 'vitest';
import { foldIn, key, normal64 } from '@lab/tensor-core/random';
import { policyFrom, simulate, type BanditState, type Policy, type PolicySpec } from '../../src';
import { drawsOf } from '../../src/policies/draws';
import { label, specs } from '../support/policies';
import { star, type Instance } from '../support/instances';

/** What a service reads in a round: null where the graph has no edge. */
function readingsOf(
  { means, information: { arms, sigma } }: Instance,
  arm: number,
  round: number,
): (number | null)[] {
  const noise = normal64(foldIn(key(7), round), arms);
  return means.map((mean, i) => {
    const deviation = sigma[arm * arms + i]!;
    return deviation < Infinity ? mean + deviation * noise[i]! : null;
  });
}

function play(
  policy: Policy,
  rounds: number,
  from: BanditState,
  start = 0,
): { arms: number[]; state: BanditState } {
  let state = from;
  const arms: number[] = [];
  for (let round = start; round < start + rounds; round++) {
    const arm = policy.choose(state, foldIn(key(3), round));
    arms.push(arm);
    state = policy.update(state, arm, readingsOf(star, arm, round));
  }
  return { arms, state };
}

// For every policy alike.
describe.each(specs.map((spec) => [label(spec), spec] as [string, PolicySpec]))('%s', (_, spec) => {
  const policy = policyFrom(spec, star.information);

  test('the same keys give the same arms', () => {
    expect(play(policy, 120, policy.init()).arms).toEqual(play(policyFrom(spec, star.information), 120, policy.init()).arms); // prettier-ignore
  });

  test('a state stored as JSON between two requests goes on as if it had not been', () => {
    const whole = play(policy, 150, policy.init());
    const half = play(policy, 70, policy.init());
    const stored = JSON.stringify(half.state);
    // The other request meets a policy of its own, made from a stored description.
    const elsewhere = policyFrom(JSON.parse(JSON.stringify(spec)) as PolicySpec, star.information);
    const rest = play(elsewhere, 80, JSON.parse(stored) as BanditState, 70);
    expect([...half.arms, ...rest.arms]).toEqual(whole.arms);
    expect(rest.state).toEqual(whole.state);
  });

  test('choose and update leave their inputs as they were', () => {
    const { state } = play(policy, 40, policy.init());
    const before = JSON.stringify(state);
    const arm = policy.choose(state, key(0));
    const readings = readingsOf(star, arm, 99);
    const copy = [...readings];
    expect(policy.update(state, arm, readings)).not.toBe(state);
    expect(JSON.stringify(state)).toBe(before);
    expect(readings).toEqual(copy);
  });

  test('in place and as a pure function are the same', () => {
    const { arms, state } = play(policy, 100, policy.init());
    const own = policy.init();
    arms.forEach((arm, round) => {
      expect(policy.inPlace.choose(own, drawsOf(foldIn(key(3), round)))).toBe(arm);
      policy.inPlace.update(own, arm, readingsOf(star, arm, round));
    });
    expect(own).toEqual(state);
  });

  test('readings that are missing, and an arm that was not asked for, are taken in', () => {
    const start = policy.init();
    const none = policy.update(start, 2, new Array<null>(6).fill(null));
    expect(none.plays).toEqual([0, 0, 1, 0, 0, 0]);
    expect(none.information).toEqual(start.information);
    expect(play(policy, 30, none).arms).toHaveLength(30);
  });

  test.each([
    ['an arm that does not exist', 6, [0, 0, 0, 0, 0, 0]],
    ['a fractional arm', 0.5, [0, 0, 0, 0, 0, 0]],
    ['too few readings', 0, [1, 2]],
    ['an infinite reading', 0, [Infinity, 0, 0, 0, 0, 0]],
  ])('refuses %s', (__, arm, readings) => {
    expect(() => policy.update(policy.init(), arm, readings)).toThrow(/^update: /);
  });

  test('ignores a reading where there can be none, and says so once', () => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const fresh = policyFrom(spec, star.information);
    const start = fresh.init();
    const read = [0, 0.4, 0.3, null, null, null];
    const next = fresh.update(start, 1, read);
    expect(next).toEqual(fresh.update(start, 1, [0, 0.4, null, null, null, null]));
    fresh.update(next, 1, read);
    expect(warning).toHaveBeenCalledTimes(1);
    expect(warning.mock.calls[0]![0]).toMatch(/reading of arm 2 when arm 1 was played is ignored/);
    warning.mockRestore();
  });

  test('a simulation is the same run by run', async () => {
    const options = { policy, means: star.means, horizon: 200, key: key(5) };
    const whole = await simulate({ ...options, replications: 3 });
    const last = await simulate({ ...options, replications: 1, first: 2 });
    expect(Array.from(whole.regret.subarray(2 * whole.checkpoints.length))).toEqual(Array.from(last.regret));
  });
});

test('one arm is played for ever, and nothing is lost', async () => {
  const { standardFeedback } = await import('../../src');
  const information = standardFeedback([1]);
  for (const spec of specs) {
    const policy = policyFrom(spec, information);
    const { mean, meanPlays } = await simulate({
      policy,
      means: [2],
      horizon: 50,
      replications: 1,
      key: key(0),
    });
    expect([mean.at(-1), meanPlays[0]]).toEqual([0, 50]);
  }
});
