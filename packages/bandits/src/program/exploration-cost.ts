import type { SideInformation } from '../information/side-information';
import { coveringSolver } from './covering';
import { programOf } from './exploration-program';

/** How long to explore, and how the program is followed. */
export interface ExplorationCostOptions {
  /** Rounds, T. */
  readonly horizon: number;
  /**
   * `track`: the arm that lags most behind the program's counts times ln t. `remaining`: the arm that
   * a program for what is missing in this round asks least of, so that it is done with; it looks natural and is not optimal
   * (nor is asking for the arm with the greatest count: a sixth cheaper on the star, still a third too dear).
   */
  readonly rule: 'track' | 'remaining';
}

/**
 * The regret of exploring when the gaps are known and nothing is noisy: two ways of following a program, on their own.
 *
 * For a requirement that stands still both ways cost the same. But ln t grows, and readings come whole: arms fall short one at
 * a time, and for one arm alone the cheapest remedy is never the informant that would serve all of them.
 */
export function explorationCost(
  gaps: ArrayLike<number>,
  information: SideInformation,
  { horizon, rule }: ExplorationCostOptions,
): number {
  const { arms, precision } = information;
  const { costs, requirements } = programOf(gaps, information);
  const solver = coveringSolver(precision, arms);
  solver.solve(costs, requirements);
  const target = solver.counts.slice();
  const plays = new Float64Array(arms);
  const gathered = new Float64Array(arms);
  const missing = new Float64Array(arms);

  const lagging = (level: number): number => {
    let arm = -1;
    for (let j = 0; j < arms; j++) {
      if (!(costs[j]! > 0 && plays[j]! < target[j]! * level)) continue;
      if (arm < 0 || plays[j]! / target[j]! < plays[arm]! / target[arm]!) arm = j;
    }
    return arm;
  };
  const least = (level: number): number => {
    let isMet = true;
    for (let i = 0; i < arms; i++) {
      missing[i] = Math.max(0, requirements[i]! * level - gathered[i]!);
      isMet &&= missing[i] === 0;
    }
    if (isMet) return -1;
    solver.solve(costs, missing);
    let arm = -1;
    for (let j = 0; j < arms; j++)
      if (costs[j]! > 0 && solver.counts[j]! > 0)
        if (arm < 0 || solver.counts[j]! < solver.counts[arm]!) arm = j;
    return arm;
  };

  let regret = 0;
  for (let t = 1; t <= horizon; t++) {
    const arm = rule === 'track' ? lagging(Math.log(t)) : least(Math.log(t));
    // Otherwise the best arm is played, which costs nothing and tells what it tells.
    const played = arm < 0 ? costs.indexOf(0) : arm;
    plays[played]!++;
    regret += costs[played]!;
    for (let i = 0; i < arms; i++) gathered[i]! += precision[played * arms + i]!;
  }
  return regret;
}
