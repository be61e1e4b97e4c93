import { LabError } from '@lab/tensor-core/errors';
import { bestPrecision, type SideInformation } from '../information/side-information';
import { restrictTo } from '../information/restrict';
import type { Draws } from './draws';
import type { BanditState, Policy, PolicySteps } from './types';

/** What choosing among some of the arms needs of a policy. */
export interface Choosing<State extends BanditState> extends PolicySteps<State> {
  readonly information: SideInformation;
  /** The same policy on a smaller problem; none where a plan was made ahead for all arms. */
  readonly among?: (information: SideInformation) => Policy<State>;
}

/**
 * The choice when only some arms can be played now: that of the same policy, with what it knows, on the problem of these arms
 * alone. What no available arm reveals cannot be learned now: such an arm is played while it leads and is left out otherwise.
 * A policy that planned ahead for all arms plays the leader of those that are there when its own choice is not.
 *
 * @throws LabError `argument` when no arm is available, or one that does not exist
 */
export function choosingAmong<State extends BanditState>(
  recipe: Choosing<State>,
): (state: State, draws: Draws, available: readonly number[]) => number {
  const { information, among } = recipe;
  // Masks repeat from round to round, and a smaller problem takes longer to set up than to decide.
  let last: { mask: string; known: readonly number[]; policy: Policy<State> | undefined } | undefined;
  const problemOf = (available: readonly number[]) => {
    const mask = available.join();
    if (last?.mask === mask) return last;
    const known = among ? observableAmong(information, available) : [];
    const policy = known.length > 0 ? among!(restrictTo(information, known).information) : undefined;
    return (last = { mask, known, policy });
  };

  return (state, draws, given) => {
    checkAvailable(given, information.arms);
    const available = [...given].sort((a, b) => a - b);
    if (available.length === information.arms) return recipe.choose(state, draws);
    const leader = leaderAmong(state, available);
    if (!among) {
      const arm = recipe.choose(state, draws);
      return available.includes(arm) ? arm : leader;
    }
    const { known, policy } = problemOf(available);
    if (!policy || (!known.includes(leader) && state.information[leader]! > 0)) return leader;
    const smaller = stateOf(state, known);
    policy.inPlace.decide?.(smaller);
    return known[policy.inPlace.choose(smaller, draws)]!;
  };
}

/** Those of the arms that one of them reveals; leaving one out takes its readings away, so it is done until none goes. */
function observableAmong(information: SideInformation, available: readonly number[]): readonly number[] {
  let left = available;
  while (left.length > 0) {
    const best = bestPrecision(restrictTo(information, left).information);
    if (best.every((each) => each > 0)) break;
    left = left.filter((_, place) => best[place]! > 0);
  }
  return left;
}

/** Of the arms of which something is known the one with the greatest estimate, else the first. */
function leaderAmong({ means, information }: BanditState, available: readonly number[]): number {
  const value = (i: number): number => (information[i]! > 0 ? means[i]! : -Infinity);
  return available.reduce((best, i) => (value(i) > value(best) ? i : best), available[0]!);
}

/** What the state says of these arms, in their order. */
function stateOf<State extends BanditState>(state: State, arms: readonly number[]): State {
  const count = state.plays.length;
  const part = (value: unknown): unknown => {
    if (Array.isArray(value) && value.length === count) return arms.map((i) => (value as unknown[])[i]);
    return typeof value === 'object' && value !== null ? { ...value } : value;
  };
  return Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, part(value)]),
  ) as unknown as State;
}

function checkAvailable(available: readonly number[], arms: number): void {
  const isArm = (arm: number, place: number): boolean =>
    Number.isInteger(arm) && arm >= 0 && arm < arms && available.indexOf(arm) === place;
  if (available.length === 0 || !available.every(isArm))
    throw new LabError('argument', 'choose: availableArms are different whole numbers from 0, at least one', {
      argument: 'availableArms',
      expected: `below ${arms}`,
      received: available,
    });
}
