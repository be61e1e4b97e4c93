import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { absorb, coverArm, coverDemand, initialState, leaderOf } from '../policies/estimates';
import { makePolicy } from '../policies/make-policy';
import { checkCount } from '../policies/options';
import type { BanditState, Policy } from '../policies/types';

/**
 * Greedy: after every arm was seen once, the leader for ever. Optimal where every arm reveals every arm; elsewhere its
 * regret is linear, now and then.
 *
 * @throws LabError `infeasible` naming arms that nothing reveals
 */
export function greedyPolicy(information: SideInformation): Policy {
  refuseUnobservable(information, 'greedyPolicy');
  const demand = coverDemand(information);
  return makePolicy<BanditState>({
    name: 'greedy',
    information,
    init: () => initialState(information.arms),
    among: greedyPolicy,
    choose: (state) => {
      const unseen = coverArm(state, demand, information);
      return unseen >= 0 ? unseen : leaderOf(state);
    },
    update: (state, arm, observations) => absorb(state, arm, observations, information),
  });
}

/** How long to explore. */
export interface ExploreThenCommitOptions {
  /** Plays of each arm before committing. */
  readonly plays: number;
}

/**
 * Explore, then commit: every arm in turn, `plays` times each, then the leader of that moment for ever.
 *
 * @throws LabError as `greedyPolicy`, and `argument` when `plays` is not a count
 */
export function exploreThenCommitPolicy(
  information: SideInformation,
  { plays }: ExploreThenCommitOptions,
): Policy<CommittedState> {
  refuseUnobservable(information, 'exploreThenCommitPolicy');
  checkCount('exploreThenCommitPolicy', { plays });
  const { arms } = information;
  const end = plays * arms;
  return makePolicy<CommittedState>({
    name: `explore then commit (${plays})`,
    information,
    init: () => ({ ...initialState(arms), committed: -1 }),
    choose: ({ rounds, committed }) => (rounds < end ? rounds % arms : committed),
    update: (state, arm, observations) => {
      absorb(state, arm, observations, information);
      if (state.rounds >= end && state.committed < 0) state.committed = leaderOf(state);
    },
  });
}

/** The state of a policy that commits. */
export interface CommittedState extends BanditState {
  /** The arm for ever, -1 before. */
  committed: number;
}

/** Uniformly random arms: what no learning at all costs. */
export function uniformPolicy(information: SideInformation): Policy {
  const { arms } = information;
  return makePolicy<BanditState>({
    name: 'uniform',
    information,
    init: () => initialState(arms),
    among: uniformPolicy,
    choose: (_, draws) => Math.floor(draws.uniform() * arms),
    update: (state, arm, observations) => absorb(state, arm, observations, information),
  });
}
