import {
  bestPrecision,
  exactPrecision,
  refuseUnobservable,
  type SideInformation,
} from '../information/side-information';
import { coveringSolver } from './covering';
import { certified, explorationProgram, programOf, type ExplorationProgram } from './exploration-program';

const golden = (Math.sqrt(5) - 1) / 2;
const iterations = 120;
/** The best arm's information is searched between these multiples of the least that can suffice, 2 / smallest gap^2. */
const range = [1 + 1e-9, 1e6] as const;

/**
 * The exact constant where the best arm does not reveal itself, (Q): a gap is the difference of two estimates, so
 *
 *     1 / W_i + 1 / W_best <= gap_i^2 / 2   for all i,   W = A' c.
 *
 * For a given w = W_best it is the exploration program with rows W_i >= 1 / (gap_i^2 / 2 - 1 / w), and its value is convex in
 * w: a golden section over log w, each value a program. With a best arm that reveals itself w is free and infinite, and
 * both programs are the same.
 */
export function coupledProgram(gaps: ArrayLike<number>, information: SideInformation): ExplorationProgram {
  refuseUnobservable(information, 'regretConstant');
  const { arms, precision } = information;
  const { costs, requirements } = programOf(gaps, information);
  const best = Array.from(costs.keys()).filter((i) => costs[i] === 0);
  // With several best arms, the pair that decides is not defined; one that reveals itself settles it in any case.
  const isFree = best.some((j) => best.some((i) => precision[i * arms + j]! > 0));
  const exact = bestPrecision(information);
  if (isFree || best.length > 1 || exact[best[0]!]! >= exactPrecision)
    return explorationProgram(gaps, information);

  const arm = best[0]!;
  const least = requirements[arm]!;
  const solver = coveringSolver(precision, arms);
  const rows = new Float64Array(arms);
  const at = (logW: number): number => {
    const w = least * Math.exp(logW);
    for (let i = 0; i < arms; i++)
      rows[i] = requirements[i] === 0 ? 0 : i === arm ? w : 1 / (1 / requirements[i]! - 1 / w);
    return solver.solve(costs, rows);
  };
  let [low, high] = [Math.log(range[0]), Math.log(range[1])];
  let [left, right] = [high - golden * (high - low), low + golden * (high - low)];
  let [valueLeft, valueRight] = [at(left), at(right)];
  for (let k = 0; k < iterations; k++) {
    if (valueLeft <= valueRight) {
      [high, right, valueRight] = [right, left, valueLeft];
      left = high - golden * (high - low);
      valueLeft = at(left);
    } else {
      [low, left, valueLeft] = [left, right, valueRight];
      right = low + golden * (high - low);
      valueRight = at(right);
    }
  }
  // The infimum may lie at an end of the range, which the section only approaches.
  const candidates = [(low + high) / 2, Math.log(range[0]), Math.log(range[1])];
  const values = candidates.map(at);
  const chosen = candidates[values.indexOf(Math.min(...values))]!;
  const value = at(chosen);
  // Prices and plays prove the value for this w; that no other w is better rests on convexity.
  return certified(
    { value, counts: solver.counts, dual: solver.dual, requirements: rows },
    costs,
    information,
  );
}
