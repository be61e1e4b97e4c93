import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { bestInformant, coverArm, coverDemand, initialState, leaderOf } from './estimates';
import { decidedPolicy, type DecidedState } from './decided-policy';
import {
  estimatedProgram,
  furthestBehind,
  inverseBestPrecision,
  leastKnown,
  levelAt,
  type EstimatedProgram,
} from './estimated-program';
import { checkNonNegative, checkPositive } from './options';
import type { BanditState, Policy } from './types';
import { weakestPair } from './weakest-pair';

/** How the asymptotically optimal policy is set up. */
export interface AsymptoticOptions {
  /**
   * Weight of ln ln t in the evidence that is asked for, ln t + weight ln ln t. 0 explores least; 4 and more is what proofs
   * ask for.
   *
   * @default 1
   */
  readonly logLogWeight?: number;
  /**
   * `glr`: exploits when every gap stands out against the variances of both its estimates. `lp`: when every arm has the
   * information that the program asks for, which is too little where the best arm does not reveal itself.
   *
   * @default 'glr'
   */
  readonly test?: 'glr' | 'lp';
  /** Forced exploration: least information after s exploring rounds, forcing * sqrt(s) best readings. @default 0.5 */
  readonly forcing?: number;
  /** Estimated gaps count as at least this many times the noise: the s.d. of the best reading of the arm known worst. @default 0.001 */
  readonly gapFloor?: number;
}

/** Why an arm is played. */
export type Phase = 'cover' | 'exploit' | 'forced' | 'program' | 'fallback';

/** The state of the asymptotically optimal policy, with its decision and why. */
export interface AsymptoticState extends DecidedState {
  /** s: rounds that explored, those of the cover phase and of falling back on the leader not counted. */
  explorations: number;
  /** What the next round plays and why; decided when the last one was taken in. */
  decision: { arm: number; phase: Phase; counts: boolean };
}

/**
 * The asymptotically optimal policy: plays what the exploration program of the estimated gaps asks for, bad arms that
 * inform included, until the evidence for the leader suffices for this round. Its regret over ln T tends to the constant of
 * the lower bound where the best arm is unique and reveals itself.
 *
 * @throws LabError `infeasible` naming arms that nothing reveals; `argument` for options out of range
 * @example
 * const policy = asymptoticPolicy(graphFeedback(starGraph(6)));
 */
export function asymptoticPolicy(
  information: SideInformation,
  options: AsymptoticOptions = {},
): Policy<AsymptoticState> {
  refuseUnobservable(information, 'asymptoticPolicy');
  const { logLogWeight = 1, test = 'glr', forcing = 0.5, gapFloor = 1e-3 } = options;
  checkNonNegative('asymptoticPolicy', { logLogWeight, forcing });
  checkPositive('asymptoticPolicy', { gapFloor });
  const decide = decisions(information, { logLogWeight, test, forcing, gapFloor });
  return decidedPolicy<AsymptoticState>({
    name: `asymptotically optimal (${test}, ${logLogWeight})`,
    information,
    start: () => ({ ...initialState(information.arms), explorations: 0, decision: start() }),
    decide,
    among: (smaller) => asymptoticPolicy(smaller, options),
  });
}

const start = (): AsymptoticState['decision'] => ({ arm: 0, phase: 'cover', counts: false });

/*
 * One round of the algorithm.
 *
 *   N, W, mean   plays, information and estimate of each arm          L      evidence asked for in round t, about ln t
 *   i*           the leader, argmax mean                              c      optimum of the program for the estimated gaps
 *   D            estimated gaps, mean_i* - mean                       s      exploring rounds so far
 */
function decisions(
  information: SideInformation,
  { logLogWeight, test, forcing, gapFloor }: Required<AsymptoticOptions>,
): (state: AsymptoticState) => AsymptoticState {
  const { arms, precision } = information;
  const demand = coverDemand(information);
  const inverseBest = inverseBestPrecision(information);
  const informant = bestInformant(information);
  const program = estimatedProgram(information, gapFloor);
  const { floor } = program;

  return (state) => {
    const { plays: N, information: W } = state;
    if (arms === 1) return set(state, 0, 'exploit', false);

    // 1. Cover: until every arm was seen once.
    const unseen = coverArm(state, demand, information);
    if (unseen >= 0) return set(state, unseen, 'cover', false);

    // 2. Leader and evidence.
    const L = levelAt(state.rounds + 1, logLogWeight);
    const leader = leaderOf(state);

    // 3. Exploit when the evidence against every other arm suffices.
    const weakest = test === 'glr' ? weakestPair(state, leader) : weakestRow(state, leader, program);
    if (weakest.statistic >= L) return set(state, leader, 'exploit', false);

    // 4. Forced exploration keeps the estimates that the program rests on consistent.
    const hidden = leastKnown(state, inverseBest);
    if (hidden >= 0 && W[hidden]! * inverseBest[hidden]! < forcing * Math.sqrt(state.explorations))
      return set(state, informant[hidden]!, 'forced', true);

    // 5. Program: of the arms that are behind c L, the one furthest behind in proportion. Always the whole program:
    // one for what is missing alone mends one arm at a time and never pays for an informant.
    if (test === 'glr') program.estimate(state, leader);
    program.solve(leader);
    const behind = furthestBehind(N, program.counts, L);
    if (behind >= 0) return set(state, behind, 'program', behind !== leader);

    // 6. Fallback: nothing is behind, but the leader's own variance hides a gap. Playing it is free and not exploration;
    // counted as such it would force plays of bad arms.
    if (precision[leader * arms + leader]! > 0) return set(state, leader, 'fallback', false);
    const { arm: i } = weakest;
    return set(state, bestValue(W[i]! < W[leader]! ? i : leader, leader, state.means), 'fallback', true);
  };

  /** The arm that tells most about `target` for what it costs. */
  function bestValue(target: number, leader: number, means: readonly number[]): number {
    let best = informant[target]!;
    const value = (j: number): number => precision[j * arms + target]! / (means[leader]! - means[j]! + floor);
    for (let j = 0; j < arms; j++) if (value(j) > value(best)) best = j;
    return best;
  }
}

/** In place: an object a round is a third of what a round costs. */
function set(state: AsymptoticState, arm: number, phase: Phase, counts: boolean): AsymptoticState {
  state.decision.arm = arm;
  state.decision.phase = phase;
  state.decision.counts = counts;
  return state;
}

/** The row of the program that lacks most: W_i gap_i^2 / 2 at its least. */
function weakestRow(
  state: BanditState,
  leader: number,
  program: EstimatedProgram,
): { arm: number; statistic: number } {
  program.estimate(state, leader);
  const { gaps } = program;
  let arm = 0;
  let statistic = Infinity;
  for (let i = 0; i < gaps.length; i++) {
    const evidence = (state.information[i]! * gaps[i]! * gaps[i]!) / 2;
    if (evidence < statistic) [arm, statistic] = [i, evidence];
  }
  return { arm, statistic };
}
