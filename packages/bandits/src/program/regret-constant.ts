import { LabError } from '@lab/tensor-core/errors';
import type { SideInformation } from '../information/side-information';
import { coupledProgram } from './coupled';
import { explorationProgram, type ExplorationProgram } from './exploration-program';

/** Which constant. */
export interface RegretConstantOptions {
  /**
   * `lp`: the paper's linear program. `coupled`: also counts that a gap is the difference of two estimates; the same number
   * where the best arm reveals itself, up to twice as large where it does not.
   *
   * @default 'lp'
   */
  readonly kind?: 'lp' | 'coupled';
}

/**
 * The least regret per ln T of any policy that is consistent (sublinear on every instance), for these means: the lower
 * bound's constant, with the plays that attain it and the prices that prove it.
 *
 * @param means of each arm; several best arms are allowed, they cost nothing
 * @throws LabError `shape`, `argument` or `infeasible` as `explorationProgram`
 * @example
 * regretConstant([0.5, 1, 0.8, 0.8, 0.8, 0.8], graphFeedback(starGraph(6))).value; // 25: play the hub
 */
export function regretConstant(
  means: ArrayLike<number>,
  information: SideInformation,
  { kind = 'lp' }: RegretConstantOptions = {},
): ExplorationProgram {
  const gaps = gapsOf(means);
  return kind === 'lp' ? explorationProgram(gaps, information) : coupledProgram(gaps, information);
}

/** What each arm falls short of the best one. */
export function gapsOf(means: ArrayLike<number>): Float64Array {
  let best = -Infinity;
  for (let i = 0; i < means.length; i++) {
    if (!Number.isFinite(means[i]))
      throw new LabError('argument', 'the mean of an arm is a finite number', {
        argument: `means[${i}]`,
        received: String(means[i]),
      });
    best = Math.max(best, means[i]!);
  }
  return Float64Array.from(means, (mean) => best - mean);
}
