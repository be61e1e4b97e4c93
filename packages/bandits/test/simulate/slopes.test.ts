import { expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { policyFrom, simulate, type PolicySpec } from '../../src';
import { informant } from '../support/instances';

// T12 on the informant, whose constant is 12.5; 30 replications where the reference has 100, so tolerances times 1.8.
// Reference: slopes 9.3 (ours), 166.7 (UCB-N), 56.4 (TS-N), 110 (Wu et al., 8.8 times the constant); regret 195 +- 13.
test('T12: growth of regret per ln T over the last tenfold, on the informant', async () => {
  const run = (spec: PolicySpec) =>
    simulate({
      policy: policyFrom(spec, informant.information),
      means: informant.means,
      horizon: 1e5,
      replications: 30,
      key: key(0),
      checkpoints: [1e4, 1e5],
    });
  const ours = await run({ kind: 'asymptotic', logLogWeight: 0 });
  expect(ours.slope.mean).toBeGreaterThan(5);
  expect(ours.slope.mean).toBeLessThan(20);
  expect(ours.mean[1]).toBeLessThan(300);
  expect((await run({ kind: 'ucb', logLogWeight: 1 })).slope.mean).toBeGreaterThan(100);
  expect((await run({ kind: 'thompson' })).slope.mean).toBeGreaterThan(35);
  expect(Math.abs((await run({ kind: 'wu' })).slope.mean / 110 - 1)).toBeLessThan(0.15 * 1.8);
});
