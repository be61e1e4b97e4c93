import { expect, test } from 'vitest';
import { key } from '@lab/tensor-core/random';
import { policyFrom, simulate, type PolicySpec } from '../../src';
import { informant, standard, star, type Instance } from '../support/instances';

const run = ({ means, information }: Instance, spec: PolicySpec, replications: number) =>
  simulate({
    policy: policyFrom(spec, information),
    means,
    horizon: 1e5,
    replications,
    key: key(0),
    checkpoints: [1e4, 1e5],
  });

// On the informant, whose constant is 12.5; 30 replications where the reference has 100, so tolerances times 1.8.
// Reference: slopes 9.3 (ours), 166.7 (UCB-N), 56.4 (TS-N), 110 (Wu et al., 8.8 times the constant); regret 195 +- 13.
test('growth of regret per ln T over the last tenfold, on the informant', async () => {
  const on = (spec: PolicySpec) => run(informant, spec, 30);
  const ours = await on({ kind: 'asymptotic', logLogWeight: 0 });
  expect(ours.slope.mean).toBeGreaterThan(5);
  expect(ours.slope.mean).toBeLessThan(20);
  expect(ours.mean[1]).toBeLessThan(300);
  expect((await on({ kind: 'ucb', logLogWeight: 1 })).slope.mean).toBeGreaterThan(100);
  expect((await on({ kind: 'thompson' })).slope.mean).toBeGreaterThan(35);
  expect(Math.abs((await on({ kind: 'wu' })).slope.mean / 110 - 1)).toBeLessThan(0.15 * 1.8);
});

// On the others: regret after 1e5 rounds and its standard error in 100 reference runs; within four standard errors of the
// difference. Policies that solve programs get fewer runs, and so a wider band.
test.each<[string, Instance, PolicySpec, number, number, number]>([
  ['standard', standard, { kind: 'asymptotic', logLogWeight: 0 }, 8, 180, 5],
  ['standard', standard, { kind: 'asymptotic', logLogWeight: 1 }, 8, 243, 7],
  ['standard', standard, { kind: 'asymptotic', logLogWeight: 3 }, 8, 314, 7],
  ['standard', standard, { kind: 'ossb' }, 4, 180, 6],
  ['standard', standard, { kind: 'ucb', logLogWeight: 1 }, 16, 198, 5],
  ['standard', standard, { kind: 'ucb', mode: 'self' }, 16, 160, 4],
  ['standard', standard, { kind: 'thompson' }, 16, 102, 4],
  ['standard', standard, { kind: 'wu' }, 4, 1662, 18],
  ['star', star, { kind: 'asymptotic', logLogWeight: 1 }, 6, 552, 55],
  ['star', star, { kind: 'ossb' }, 2, 471, 19],
  ['star', star, { kind: 'ucb', logLogWeight: 1 }, 8, 469, 8],
  ['star', star, { kind: 'ucb', mode: 'self' }, 8, 432, 8],
  ['star', star, { kind: 'thompson' }, 8, 222, 6],
])('regret on %s %#', async (_, instance, spec, replications, expected, error) => {
  const { mean } = await run(instance, spec, replications);
  expect(Math.abs(mean[1]! - expected)).toBeLessThan(4 * error * Math.sqrt(1 + 100 / replications));
});
