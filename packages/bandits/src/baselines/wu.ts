import { LabError } from '@lab/tensor-core/errors';
import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { argmax, coverArm, coverDemand, initialState, leaderOf } from '../policies/estimates';
import { estimatedProgram, furthestBehind } from '../policies/estimated-program';
import { decidedPolicy, type DecidedState } from '../policies/decided-policy';
import { checkNonNegative, checkPositive } from '../policies/options';
import type { Policy } from '../policies/types';
import { settle } from './ossb';

/** How the algorithm of Wu et al. is set up. */
export interface WuOptions {
  /** Confidence, above 2. @default 2.2 */
  readonly alpha?: number;
  /** Forced exploration: least number of readings after n exploring rounds, forcing * sqrt(n). @default 0.5 */
  readonly forcing?: number;
  /** Estimated gaps count as at least this many times the noise, as for `asymptoticPolicy`. @default 0.001 */
  readonly gapFloor?: number;
}

/** The state of the algorithm of Wu et al., which counts readings too. */
export interface WuState extends DecidedState {
  /** Number of readings of each arm. */
  readings: number[];
}

/**
 * The algorithm of Wu, Gyorgy and Szepesvari (2015), optimal up to a constant: the same program, at 4 alpha ln t. So its
 * regret over ln T tends to 4 alpha times the constant of the lower bound.
 *
 * @throws LabError `infeasible` naming arms that nothing reveals; `argument` for options out of range
 */
export function wuPolicy(information: SideInformation, options: WuOptions = {}): Policy<WuState> {
  refuseUnobservable(information, 'wuPolicy');
  const { alpha = 2.2, forcing = 0.5, gapFloor = 1e-3 } = options;
  checkNonNegative('wuPolicy', { forcing });
  checkPositive('wuPolicy', { gapFloor });
  if (!(alpha > 2))
    throw new LabError('argument', 'wuPolicy: alpha is above 2', {
      argument: 'alpha',
      received: String(alpha),
    });
  const { arms, precision, revealed } = information;
  const demand = coverDemand(information);
  const program = estimatedProgram(information, gapFloor);

  const decide = (state: WuState): WuState => {
    const unseen = coverArm(state, demand, information);
    if (unseen >= 0) return settle(state, unseen, false);
    const leader = leaderOf(state);
    if (arms === 1) return settle(state, leader, false);
    const level = 4 * alpha * Math.log(state.rounds + 1);
    program.estimate(state, leader);
    const { requirements } = program;
    let isDone = true;
    for (let i = 0; i < arms; i++) if (state.information[i]! < level * requirements[i]!) isDone = false;
    if (isDone) return settle(state, leader, false);
    const hidden = argmax(arms, (i) => -state.readings[i]!);
    if (state.readings[hidden]! < forcing * Math.sqrt(state.explorations))
      return settle(
        state,
        argmax(arms, (j) => precision[j * arms + hidden]!),
        true,
      );
    program.solve(leader);
    // Any arm that is behind will do; the one furthest behind in proportion, so that none waits for another.
    const behind = furthestBehind(state.plays, program.counts, level);
    return settle(state, behind < 0 ? leader : behind, true);
  };

  return decidedPolicy<WuState>({
    name: `Wu et al. (${alpha})`,
    information,
    start: () => ({
      ...initialState(arms),
      readings: new Array<number>(arms).fill(0),
      explorations: 0,
      decision: { arm: 0, counts: false },
    }),
    decide,
    among: (smaller) => wuPolicy(smaller, options),
    notice: (state, arm, observations) => {
      for (const i of revealed[arm]!) if (Number.isFinite(observations[i])) state.readings[i]!++;
    },
  });
}
