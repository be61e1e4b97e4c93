import {
  joinSimulations,
  policyFrom,
  regretConstant,
  simulate,
  type PolicySpec,
  type Simulation,
} from '@lab/bandits';
import { key } from '@lab/tensor-core/random';
import type { RunContext } from '../../worker/protocol';
import { instances, type InstanceName } from './instances';

/** Policies that need no further settings. */
export type PolicyName = Exclude<PolicySpec['kind'], 'explore-then-commit'>;

export interface RaceInput {
  readonly instance: InstanceName;
  readonly policies: readonly PolicyName[];
  /** Rounds of each run. */
  readonly horizon: number;
  /** Runs that are averaged. */
  readonly runs: number;
  readonly seed: number;
}

/** The mean regret of a policy over the runs so far. */
export interface Curve {
  readonly policy: PolicyName;
  readonly rounds: readonly number[];
  readonly regret: readonly number[];
  /** 95 % band of the mean; NaN after a single run. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Mean plays of each arm. */
  readonly plays: readonly number[];
}

export interface RaceProgress {
  readonly done: number;
  readonly curves: readonly Curve[];
}

export interface RaceResult {
  readonly curves: readonly Curve[];
  /** Least limit of regret / ln T that any consistent policy can have. */
  readonly constant: number;
  /** Plays of each arm per ln T that attain it. */
  readonly plan: readonly number[];
}

/** Lets the policies play the same instance run by run, in turn, and gives their mean curves after each. */
export async function run(
  { instance, policies, horizon, runs, seed }: RaceInput,
  { signal, report }: RunContext<RaceProgress>,
): Promise<RaceResult> {
  const { means, information } = instances[instance];
  const { value, counts } = regretConstant(means, information);
  const racers = policies.map((kind) => ({ kind, policy: policyFrom({ kind } as PolicySpec, information) }));
  const parts = racers.map((): Simulation[] => []);
  let curves: Curve[] = [];
  for (let first = 0; first < runs; first++) {
    for (const [index, { policy }] of racers.entries())
      parts[index]!.push(
        await simulate({ policy, means, horizon, replications: 1, first, key: key(seed), signal }),
      );
    curves = racers.map(({ kind }, index) => curveOf(kind, joinSimulations(parts[index]!)));
    report({ done: (first + 1) / runs, curves });
  }
  return { curves, constant: value, plan: Array.from(counts) };
}

function curveOf(policy: PolicyName, { checkpoints, mean, low, high, meanPlays }: Simulation): Curve {
  return {
    policy,
    rounds: checkpoints,
    regret: Array.from(mean),
    low: Array.from(low),
    high: Array.from(high),
    plays: Array.from(meanPlays),
  };
}
