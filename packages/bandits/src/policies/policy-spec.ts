import { LabError } from '@lab/tensor-core/errors';
import {
  exploreThenCommitPolicy,
  greedyPolicy,
  idsPolicy,
  ossbPolicy,
  thompsonPolicy,
  ucbLpPolicy,
  ucbPolicy,
  uniformPolicy,
  wuPolicy,
  type ExploreThenCommitOptions,
  type IdsOptions,
  type OssbOptions,
  type ThompsonOptions,
  type UcbLpOptions,
  type UcbOptions,
  type WuOptions,
} from '../baselines';
import type { SideInformation } from '../information/side-information';
import { asymptoticPolicy, type AsymptoticOptions } from './asymptotic';
import type { Policy } from './types';

/** A policy as plain JSON: what a configuration file holds and what is sent to a worker. */
export type PolicySpec =
  | ({ readonly kind: 'asymptotic' } & AsymptoticOptions)
  | ({ readonly kind: 'ossb' } & OssbOptions)
  | ({ readonly kind: 'wu' } & WuOptions)
  | ({ readonly kind: 'ucb' } & UcbOptions)
  | ({ readonly kind: 'thompson' } & ThompsonOptions)
  | ({ readonly kind: 'ucb-lp' } & UcbLpOptions)
  | ({ readonly kind: 'ids' } & IdsOptions)
  | ({ readonly kind: 'explore-then-commit' } & ExploreThenCommitOptions)
  | { readonly kind: 'greedy' }
  | { readonly kind: 'uniform' };

/** The name of a policy in a description. */
export type PolicyKind = PolicySpec['kind'];

/** Every name that a description may have. */
export const policyKinds = [
  'asymptotic',
  'ossb',
  'wu',
  'ucb',
  'thompson',
  'ucb-lp',
  'ids',
  'explore-then-commit',
  'greedy',
  'uniform',
] as const satisfies readonly PolicyKind[];

/**
 * The policy of a description.
 *
 * @throws LabError `argument` for an unknown kind, and what the policy itself refuses
 * @example
 * const policy = policyFrom({ kind: 'ucb', mode: 'maxn' }, information);
 */
export function policyFrom(spec: PolicySpec, information: SideInformation): Policy {
  switch (spec.kind) {
    case 'asymptotic':
      return asymptoticPolicy(information, spec);
    case 'ossb':
      return ossbPolicy(information, spec);
    case 'wu':
      return wuPolicy(information, spec);
    case 'ucb':
      return ucbPolicy(information, spec);
    case 'thompson':
      return thompsonPolicy(information, spec);
    case 'ucb-lp':
      return ucbLpPolicy(information, spec);
    case 'ids':
      return idsPolicy(information, spec);
    case 'explore-then-commit':
      return exploreThenCommitPolicy(information, spec);
    case 'greedy':
      return greedyPolicy(information);
    case 'uniform':
      return uniformPolicy(information);
  }
  throw new LabError('argument', 'policyFrom: there is no such policy', {
    argument: 'kind',
    received: (spec as { kind: unknown }).kind,
    expected: policyKinds.join(', '),
  });
}
