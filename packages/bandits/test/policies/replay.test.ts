import { describe, expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { asymptoticPolicy, regretConstant, simulate } from '../../src';
import { informant, standard, star } from '../support/instances';

// Readings are the means themselves, so everything is determined. The plays are those of the program, ceil(c ln T),
// and regret is their cost: ln 1e6 = 13.8155 times (50, 8, 2), 50 for the hub, 12.5 for the informant.
describe('noiseless replay over a million rounds', () => {
  const horizon = 1e6;
  const decades = [1e3, 1e4, 1e5, horizon];
  test.each([
    ['standard', standard, [undefined, 691, 111, 28], 221.7],
    ['star', star, [691, undefined, 0, 0, 0, 0], 345.5],
    ['informant', informant, [173, undefined, 0, 0, 0], 173],
  ])('%s', async (_, { means, information }, plays, regret) => {
    const { mean, meanPlays } = await simulate({
      policy: asymptoticPolicy(information, { logLogWeight: 0 }),
      means,
      horizon,
      replications: 1,
      checkpoints: decades,
      key: key(0),
      noise: false,
    });
    expect(plays.map((each, i) => (each === undefined ? undefined : meanPlays[i]))).toEqual(plays);
    expect(mean[3]).toBeCloseTo(regret, 9);
    const constant = regretConstant(means, information).value;
    for (let k = 1; k < decades.length; k++) {
      const slope = (mean[k]! - mean[k - 1]!) / Math.log(10);
      expect(Math.abs(slope - constant)).toBeLessThan(0.05 * constant);
    }
  });
});
