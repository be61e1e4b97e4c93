import { describe, expect, it } from 'vitest';
import { regretConstant } from '@lab/bandits';
import { run as race, type RaceInput } from '../src/demos/bandits/compute';
import { instances } from '../src/demos/bandits/instances';
import { computed } from './computed';
import { run as sampleDays, type CpsInput, type CpsProgress } from '../src/demos/cps/compute';

describe('bandits', () => {
  it('gives the constants of the closed forms', async () => {
    const constantOf = async (instance: keyof typeof instances) => {
      const { result } = await computed(race, {
        instance,
        policies: ['uniform'],
        horizon: 10,
        runs: 1,
        seed: 0,
      });
      return result.constant;
    };
    const means = [1, 0.8, 0.7, 0.6, 0.5];
    // Without side observations: the sum over arms of 2 sigma^2 / gap (Lai and Robbins).
    expect(await constantOf('standard')).toBeCloseTo(
      means.slice(1).reduce((sum, mean) => sum + 2 / (1 - mean), 0),
      9,
    );
    // Experts learn while they exploit: nothing is paid per ln T.
    expect(await constantOf('full')).toBeCloseTo(0, 9);
    // The informant's gap is 1, the least gap 0.2, its noise 0.5: 2 * 0.25 / 0.04 plays.
    expect(await constantOf('informant')).toBeCloseTo(12.5, 9);
  });

  it('averages over runs, and pays what its plays cost', async () => {
    const input: RaceInput = {
      instance: 'ring',
      policies: ['ucb', 'uniform'],
      horizon: 500,
      runs: 3,
      seed: 1,
    };
    const { result, reports } = await computed(race, input);
    expect(reports.map(({ done }) => done)).toEqual([1 / 3, 2 / 3, 1]);
    for (const { plays, regret } of result.curves) {
      expect(plays.reduce((sum, each) => sum + each)).toBeCloseTo(500, 9);
      const paid = plays.reduce((sum, each, arm) => sum + each * (1 - instances.ring.means[arm]!), 0);
      expect(regret.at(-1)).toBeCloseTo(paid, 6);
    }
    expect(result.plan).toEqual(
      Array.from(regretConstant(instances.ring.means, instances.ring.information).counts),
    );
  });
});

describe('cps', () => {
  const input: CpsInput = { count: 6, fixed: { 5: 4, 15: 18 }, lower: 2, upper: 19, maxStep: 3, seed: 0 };

  it('draws series that satisfy what was asked', async () => {
    const { result, reports } = await computed(sampleDays, input);
    expect(result.series).toHaveLength(6);
    for (const day of result.series) {
      expect(day[5]).toBeCloseTo(4, 6);
      expect(day[15]).toBeCloseTo(18, 6);
      for (const [hour, value] of day.entries()) {
        expect(value).toBeGreaterThan(2 - 1e-6);
        expect(value).toBeLessThan(19 + 1e-6);
        if (hour > 0) expect(Math.abs(value - day[hour - 1]!)).toBeLessThan(3 + 1e-6);
      }
    }
    expect(result.violation).toBeLessThan(1e-6);
    expect(new Set(reports.map(({ stage }: CpsProgress) => stage))).toEqual(
      new Set(['training', 'sampling']),
    );
  });

  it('refuses what no series satisfies', async () => {
    await expect(computed(sampleDays, { ...input, upper: 10 })).rejects.toMatchObject({ code: 'infeasible' });
  });

  it('stops when it is cancelled', async () => {
    await expect(computed(sampleDays, input, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
  });
});
