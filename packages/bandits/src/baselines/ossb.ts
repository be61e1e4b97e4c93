import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { bestInformant, coverArm, coverDemand, initialState, leaderOf } from '../policies/estimates';
import { decidedPolicy, type DecidedState } from '../policies/decided-policy';
import { estimatedProgram, inverseBestPrecision, leastKnown, levelAt } from '../policies/estimated-program';
import { checkNonNegative, checkPositive } from '../policies/options';
import type { Policy } from '../policies/types';

/** How OSSB is set up. */
export interface OssbOptions {
  /** Forced exploration: least information after s exploring rounds, epsilon * s best readings. @default 0.01 */
  readonly epsilon?: number;
  /** Explores until counts exceed (1 + gamma) times those of the program. @default 0 */
  readonly gamma?: number;
  /** Weight of ln ln t in ln t + weight ln ln t. @default 0 */
  readonly logLogWeight?: number;
  /** Estimated gaps count as at least this many times the noise, as for `asymptoticPolicy`. @default 0.001 */
  readonly gapFloor?: number;
}

/**
 * OSSB of Combes, Magureanu and Proutiere (2017) with the exploration program of side observations: exploits when the plays
 * of every arm exceed what the program asks for, whatever the evidence.
 *
 * @throws LabError `infeasible` naming arms that nothing reveals; `argument` for options out of range
 */
export function ossbPolicy(information: SideInformation, options: OssbOptions = {}): Policy<DecidedState> {
  refuseUnobservable(information, 'ossbPolicy');
  const { epsilon = 0.01, gamma = 0, logLogWeight = 0, gapFloor = 1e-3 } = options;
  checkNonNegative('ossbPolicy', { epsilon, gamma, logLogWeight });
  checkPositive('ossbPolicy', { gapFloor });
  const { arms } = information;
  const demand = coverDemand(information);
  const inverseBest = inverseBestPrecision(information);
  const informant = bestInformant(information);
  const program = estimatedProgram(information, gapFloor);

  const decide = (state: DecidedState): DecidedState => {
    const unseen = coverArm(state, demand, information);
    if (unseen >= 0) return settle(state, unseen, false);
    const leader = leaderOf(state);
    if (arms === 1) return settle(state, leader, false);
    program.estimate(state, leader);
    program.solve(leader);
    const { plays: N, information: W } = state;
    const c = program.counts;
    const level = (1 + gamma) * levelAt(state.rounds + 1, logLogWeight);
    let behind = -1;
    let isDone = true;
    for (let j = 0; j < arms; j++) {
      if (c[j] === 0) continue;
      if (N[j]! < c[j]! * level) isDone = false;
      if (behind < 0 || N[j]! * c[behind]! < N[behind]! * c[j]!) behind = j;
    }
    if (isDone) return settle(state, leader, false);
    // This round is the (s + 1)th that explores.
    const hidden = leastKnown(state, inverseBest);
    if (hidden >= 0 && W[hidden]! * inverseBest[hidden]! <= epsilon * (state.explorations + 1))
      return settle(state, informant[hidden]!, true);
    return settle(state, behind, true);
  };

  return decidedPolicy<DecidedState>({
    name: `OSSB (${epsilon}, ${gamma})`,
    information,
    start: () => ({ ...initialState(arms), explorations: 0, decision: { arm: 0, counts: false } }),
    decide,
    among: (smaller) => ossbPolicy(smaller, options),
  });
}

/** Writes the decision into the state, which is given back. */
export function settle<State extends DecidedState>(state: State, arm: number, counts: boolean): State {
  state.decision.arm = arm;
  state.decision.counts = counts;
  return state;
}
