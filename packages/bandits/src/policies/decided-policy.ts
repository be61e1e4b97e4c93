import type { SideInformation } from '../information/side-information';
import { absorb, leaderOf } from './estimates';
import { makePolicy } from './make-policy';
import type { BanditState, Observations, Policy } from './types';

/** The state of a policy that decides the next round when it takes in the last one, so that choosing is reading. */
export interface DecidedState extends BanditState {
  /** Rounds that explored so far; which ones count is the policy's to say. */
  explorations: number;
  /** What the next round plays, and whether that counts as exploring. */
  decision: { arm: number; counts: boolean };
}

interface DecidedRecipe<State extends DecidedState> {
  readonly name: string;
  readonly information: SideInformation;
  /** The state before the first decision. */
  readonly start: () => State;
  /** Writes the decision into the state, which is given back. */
  readonly decide: (state: State) => State;
  readonly among: (smaller: SideInformation) => Policy<State>;
  /** Takes in what the estimates do not hold. */
  readonly notice?: (state: State, arm: number, observations: Observations) => void;
}

/** A policy from how it decides. */
export function decidedPolicy<State extends DecidedState>(recipe: DecidedRecipe<State>): Policy<State> {
  const { name, information, start, decide, among, notice } = recipe;
  return makePolicy<State>({
    name,
    information,
    init: () => decide(start()),
    choose: ({ decision }) => decision.arm,
    decide,
    among,
    update: (state, arm, observations) => {
      if (explores(state, arm)) state.explorations++;
      absorb(state, arm, observations, information);
      notice?.(state, arm, observations);
      decide(state);
    },
  });
}

/**
 * Whether a round in which this arm was played counts as exploring: one was due, and either its arm was played or, where that was
 * not to be had, another than the leader. Playing the leader instead is no exploration.
 */
function explores(state: DecidedState, arm: number): boolean {
  const { decision } = state;
  return decision.counts && (decision.arm === arm || leaderOf(state) !== arm);
}
