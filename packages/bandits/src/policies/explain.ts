import { LabError } from '@lab/tensor-core/errors';
import type { SideInformation } from '../information/side-information';
import { explorationProgram, type ExplorationProgram } from '../program/exploration-program';
import type { AsymptoticState, Phase } from './asymptotic';
import { leaderOf } from './estimates';
import { levelAt, noiseScale } from './estimated-program';
import { weakestPair } from './weakest-pair';

/** Why the asymptotically optimal policy plays what it plays. */
export interface Explanation {
  readonly arm: number;
  readonly phase: Phase;
  readonly leader: number;
  /** What the arm is thought to fall short of the leader. */
  readonly gap: number;
  /** The arm that the evidence tells apart from the leader least, that evidence, and what this round asks for. */
  readonly doubt: { readonly arm: number; readonly evidence: number; readonly needed: number };
  /**
   * The program for the estimated gaps: the plays that it asks for per ln t, and as `dual` the price of each arm's
   * information, which is the regret that one more unit of it saves.
   */
  readonly program: ExplorationProgram;
  /** One sentence. */
  readonly text: string;
}

const reasons: Readonly<Record<Phase, string>> = {
  cover: 'it reveals arms of which nothing is known yet',
  exploit: 'the evidence suffices to take it for the best',
  forced: 'some arm is known too little to rely on any plan; this one tells most about it',
  program: 'it is the cheapest source of information that is behind its share',
  fallback: 'all shares are met, but the leader itself is not known well enough',
};

/**
 * Explains the decision that is in a state of `asymptoticPolicy`.
 *
 * @throws LabError `argument` in the cover phase of a problem with one arm, which leaves nothing to explain
 */
export function explain(
  state: AsymptoticState,
  information: SideInformation,
  { logLogWeight = 1, gapFloor = 1e-3 }: { logLogWeight?: number; gapFloor?: number } = {},
): Explanation {
  if (information.arms === 1)
    throw new LabError('argument', 'explain: with one arm there is no choice', { argument: 'information' });
  const leader = leaderOf(state);
  const floor = gapFloor * noiseScale(information);
  const gaps = state.means.map((mean, i) =>
    i === leader ? Infinity : Math.max(floor, state.means[leader]! - mean),
  );
  gaps[leader] = Math.min(...gaps);
  const program = explorationProgram(gaps, information, { best: leader });
  const { arm: doubtful, statistic: evidence } = weakestPair(state, leader);
  const needed = levelAt(state.rounds + 1, logLogWeight);
  const { arm, phase } = state.decision;
  const gap = state.means[leader]! - state.means[arm]!;
  return {
    arm,
    phase,
    leader,
    gap,
    doubt: { arm: doubtful, evidence, needed },
    program,
    text:
      `arm ${arm}: ${reasons[phase]} (leader ${leader}, gap ${gap.toPrecision(3)}; ` +
      `arm ${doubtful} is told apart by ${evidence.toPrecision(3)} of ${needed.toPrecision(3)})`,
  };
}
