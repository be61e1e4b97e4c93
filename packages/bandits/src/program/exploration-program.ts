import { LabError } from '@lab/tensor-core/errors';
import {
  bestPrecision,
  exactPrecision,
  refuseUnobservable,
  type SideInformation,
} from '../information/side-information';
import { checkNonNegative } from '../policies/options';
import { coveringSolver } from './covering';

/** The exploration program's optimum and its certificate. */
export interface ExplorationProgram {
  /** Regret per ln T. */
  readonly value: number;
  /** Plays of each arm per ln T; of arms without gap the least that the requirements leave to them. */
  readonly counts: Float64Array;
  /** Price of each arm's requirement: what one more unit of information about it would cost in regret. */
  readonly dual: Float64Array;
  /** Information that each arm needs per ln T: 2 / gap^2. */
  readonly requirements: Float64Array;
}

/** Which arm is the best, and what it costs. */
export interface ExplorationOptions {
  /**
   * The arm taken for the best. Its own entry of `gaps` then says how well it must be known, and does not cost.
   *
   * @default every arm with gap 0, known to the smallest positive gap
   */
  readonly best?: number;
  /**
   * What playing an arm without cost is charged all the same, so that its count is decided by the program. 0 leaves it out of the
   * program, free, and its count is the least that the others leave to do.
   *
   * @default 0
   */
  readonly bestCost?: number;
}

/**
 * The exploration program, the lower bound's (P): the cheapest plays per ln T after which every arm's gap is known.
 *
 *     min sum_j gaps_j c_j   subject to   sum_j precision_ji c_j >= 2 / gaps_i^2 for all i,   c >= 0
 *
 * Arms of which some arm gives exact readings (sigma 0) require nothing: one play each suffices, whatever T is.
 *
 * @param gaps of each arm, 0 or more
 * @returns fresh arrays
 * @throws LabError `shape` or `argument` for gaps that are none, `infeasible` naming arms that nothing reveals
 * @example
 * explorationProgram([0, 0.2, 0.5, 1], standardFeedback([1, 1, 1, 1])).value; // 16
 */
export function explorationProgram(
  gaps: ArrayLike<number>,
  information: SideInformation,
  { best, bestCost = 0 }: ExplorationOptions = {},
): ExplorationProgram {
  checkGaps(gaps, information, best);
  refuseUnobservable(information, 'explorationProgram');
  checkNonNegative('explorationProgram', { bestCost });
  const { costs, requirements } = programOf(gaps, information, best);
  if (bestCost > 0) costs.forEach((cost, j) => (costs[j] = cost === 0 ? bestCost : cost));
  const solver = coveringSolver(information.precision, information.arms);
  const value = solver.solve(costs, requirements);
  return certified({ value, counts: solver.counts, dual: solver.dual, requirements }, costs, information);
}

/** Costs and requirements of the program; both are 0 where nothing is at stake. */
export function programOf(
  gaps: ArrayLike<number>,
  information: SideInformation,
  best?: number,
): { costs: Float64Array; requirements: Float64Array } {
  const costs = Float64Array.from(gaps);
  let least = Infinity;
  for (const gap of costs) if (gap > 0) least = Math.min(least, gap);
  const exact = bestPrecision(information);
  const requirements = costs.map((gap, i) => {
    const to = gap > 0 ? gap : least;
    return exact[i]! >= exactPrecision || to === Infinity ? 0 : 2 / (to * to);
  });
  if (best !== undefined) costs[best] = 0;
  return { costs, requirements };
}

/** Checks what the solver claims: the plays meet every requirement, the prices are admissible, the values agree. */
export function certified(
  program: ExplorationProgram,
  costs: ArrayLike<number>,
  { arms, precision }: SideInformation,
  tolerance = 1e-9,
): ExplorationProgram {
  const { value, counts, dual, requirements } = program;
  const dualValue = dual.reduce((sum, y, i) => sum + y * requirements[i]!, 0);
  let isMet = Math.abs(value - dualValue) <= tolerance * Math.max(1, value);
  for (let i = 0; i < arms; i++) {
    let supplied = 0;
    let charged = 0;
    for (let j = 0; j < arms; j++) {
      if (counts[j]! > 0) supplied += precision[j * arms + i]! * counts[j]!;
      if (dual[j]! > 0) charged += precision[i * arms + j]! * dual[j]!;
    }
    isMet &&= supplied >= requirements[i]! * (1 - tolerance);
    isMet &&= charged <= costs[i]! + tolerance * Math.max(1, charged);
    isMet &&= counts[i]! >= 0 && dual[i]! >= -tolerance;
  }
  if (!isMet)
    throw new LabError('numeric', 'explorationProgram: the optimum does not pass its own certificate', {
      argument: 'gaps',
      received: `value ${value}, dual value ${dualValue}`,
      hint: 'gaps or noise levels of too many orders of magnitude; rescale, or merge arms that are all but equal',
    });
  return program;
}

function checkGaps(gaps: ArrayLike<number>, { arms }: SideInformation, best: number | undefined): void {
  if (gaps.length !== arms)
    throw new LabError('shape', 'explorationProgram: there is one gap for each arm', {
      argument: 'gaps',
      expected: arms,
      received: gaps.length,
    });
  for (let i = 0; i < arms; i++)
    if (!(gaps[i]! >= 0 && gaps[i]! < Infinity))
      throw new LabError('argument', 'explorationProgram: a gap is a number from 0', {
        argument: `gaps[${i}]`,
        received: String(gaps[i]),
      });
  if (best !== undefined && !(Number.isInteger(best) && best >= 0 && best < arms))
    throw new LabError('argument', 'explorationProgram: there is no such arm', {
      argument: 'best',
      expected: `a whole number below ${arms}`,
      received: best,
    });
}
