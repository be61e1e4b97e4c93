import { policyFrom, type PolicySpec, type SideInformation } from '../../src';

/** Every policy, with settings that make it quick. */
export const specs: readonly PolicySpec[] = [
  { kind: 'asymptotic' },
  { kind: 'asymptotic', test: 'lp', logLogWeight: 0 },
  { kind: 'ossb' },
  { kind: 'wu' },
  { kind: 'ucb', mode: 'self' },
  { kind: 'ucb', mode: 'n' },
  { kind: 'ucb', mode: 'maxn' },
  { kind: 'thompson', mode: 'self' },
  { kind: 'thompson', mode: 'n', prior: { mean: 0.5, variance: 4 } },
  { kind: 'ucb-lp', horizon: 1000 },
  { kind: 'ids', draws: 50 },
  { kind: 'explore-then-commit', plays: 20 },
  { kind: 'greedy' },
  { kind: 'uniform' },
];

export const label = (spec: PolicySpec): string => JSON.stringify(spec);

export const everyPolicy = (information: SideInformation) =>
  specs.map((spec) => ({ spec, policy: policyFrom(spec, information) }));
