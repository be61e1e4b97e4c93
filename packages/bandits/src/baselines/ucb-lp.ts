import { LabError } from '@lab/tensor-core/errors';
import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { absorb, initialState } from '../policies/estimates';
import { makePolicy } from '../policies/make-policy';
import { checkCount, checkPositive } from '../policies/options';
import type { BanditState, Policy } from '../policies/types';
import { coveringSolver } from '../program/covering';

/** How UCB-LP is set up. */
export interface UcbLpOptions {
  /** Rounds, T: the policy plans by it. */
  readonly horizon: number;
  /** Greatest gap that is thought possible, in units of reward. @default 1 */
  readonly scale?: number;
}

/** The state of UCB-LP, with the plan of its stage. */
export interface UcbLpState extends BanditState {
  /** Arms that may still be the best. */
  active: boolean[];
  /** Stage m, and the gap that it can resolve. */
  stage: number;
  resolution: number;
  /** Plays of each arm that the stage still owes; all 0 once committed. */
  owed: number[];
  /** The arm for ever, -1 before. */
  committed: number;
}

/**
 * UCB-LP of Buccapatnam, Eryilmaz and Shroff (2014): eliminates arms in stages, and explores through the arms of a least
 * fractional cover of the graph as long as that is cheaper than playing what is left.
 *
 * @throws LabError `unsupported` when readings differ in noise; `infeasible` naming arms that nothing reveals
 */
export function ucbLpPolicy(
  information: SideInformation,
  { horizon, scale = 1 }: UcbLpOptions,
): Policy<UcbLpState> {
  refuseUnobservable(information, 'ucbLpPolicy');
  checkCount('ucbLpPolicy', { horizon });
  checkPositive('ucbLpPolicy', { scale });
  const { arms } = information;
  const sigma = commonDeviation(information);
  const cover = leastCover(information);
  const coverSize = cover.reduce((sum, each) => sum + each, 0);
  const lastStage = Math.floor(0.5 * Math.log2(horizon / Math.E));
  const readings = (resolution: number): number =>
    resolution > scale
      ? 0
      : Math.ceil((8 * sigma ** 2 * Math.log(horizon * (resolution / scale) ** 2)) / resolution ** 2);

  /** Opens stages until one owes plays, or the arm is found. */
  const plan = (state: UcbLpState): UcbLpState => {
    const left = Array.from({ length: arms }, (_, i) => i).filter((i) => state.active[i]);
    if (left.length === 1 || state.stage > lastStage) {
      state.committed = left.reduce((best, i) => (state.means[i]! > state.means[best]! ? i : best), left[0]!);
      return state;
    }
    const plays = Math.max(1, readings(state.resolution) - readings(2 * state.resolution));
    const throughCover = coverSize <= (left.length * state.resolution) / scale;
    for (let j = 0; j < arms; j++)
      state.owed[j] = throughCover
        ? Math.max(0, Math.ceil(cover[j]! * plays - 1e-9))
        : state.active[j]
          ? plays
          : 0;
    return state;
  };

  /** Drops arms that are not the best with high probability, and halves the resolution. */
  const close = (state: UcbLpState): void => {
    const log = Math.log(horizon * (state.resolution / scale) ** 2);
    const radius = (i: number): number => Math.sqrt((2 * log) / state.information[i]!);
    let bar = -Infinity;
    for (let i = 0; i < arms; i++) if (state.active[i]) bar = Math.max(bar, state.means[i]! - radius(i));
    for (let i = 0; i < arms; i++) if (state.means[i]! + radius(i) < bar) state.active[i] = false;
    state.stage++;
    state.resolution /= 2;
  };

  return makePolicy<UcbLpState>({
    name: 'UCB-LP',
    information,
    init: () =>
      plan({
        ...initialState(arms),
        active: new Array<boolean>(arms).fill(true),
        stage: 0,
        resolution: scale,
        owed: new Array<number>(arms).fill(0),
        committed: -1,
      }),
    choose: ({ committed, owed }) => (committed >= 0 ? committed : owed.findIndex((each) => each > 0)),
    update: (state, arm, observations) => {
      absorb(state, arm, observations, information);
      if (state.committed >= 0) return;
      state.owed[arm] = Math.max(0, state.owed[arm]! - 1);
      if (state.owed.some((each) => each > 0)) return;
      close(state);
      plan(state);
    },
  });
}

/** The fractional plays of least number that reveal every arm once: min sum z, sum over who reveals i of z_j >= 1. */
function leastCover({ arms, precision }: SideInformation): Float64Array {
  const ones = new Float64Array(arms).fill(1);
  const solver = coveringSolver(
    precision.map((each) => (each > 0 ? 1 : 0)),
    arms,
  );
  solver.solve(ones, ones);
  return solver.counts.slice();
}

function commonDeviation({ sigma }: SideInformation): number {
  const finite = sigma.filter((each) => each < Infinity);
  if (finite.every((each) => each === finite[0] && each > 0)) return finite[0]!;
  throw new LabError('unsupported', 'ucbLpPolicy: every reading has the same noise', {
    argument: 'information',
    received: Array.from(new Set(finite)),
    expected: 'one finite standard deviation above 0',
  });
}
