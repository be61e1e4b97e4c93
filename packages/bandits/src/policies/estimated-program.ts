import { bestPrecision, exactPrecision, type SideInformation } from '../information/side-information';
import { coveringSolver } from '../program/covering';
import type { BanditState } from './types';

/** The exploration program with estimated gaps in place of the true ones. Its arrays are overwritten by each call. */
export interface EstimatedProgram {
  /** Least gap, in units of reward. */
  readonly floor: number;
  /** c: plays of each arm per unit of level. */
  readonly counts: Float64Array;
  readonly dual: Float64Array;
  /** Estimated gaps, of at least the floor; the leader's is the smallest of the others. */
  readonly gaps: Float64Array;
  /** What each arm is asked for: 2 / gap^2, or 0 where an exact reading is to be had. */
  readonly requirements: Float64Array;
  /** Fills in gaps and requirements from the estimates. */
  readonly estimate: (state: BanditState, leader: number) => void;
  /** Solves for the gaps of the last `estimate`, the leader costing nothing; gives the value. */
  readonly solve: (leader: number) => number;
}

/** @param gapFloor least gap, in units of the noise: estimates that tie would ask for endless information */
export function estimatedProgram(information: SideInformation, gapFloor: number): EstimatedProgram {
  const floor = gapFloor * noiseScale(information);
  const { arms, precision } = information;
  const solver = coveringSolver(precision, arms);
  const isExact = bestPrecision(information).map((best) => (best === exactPrecision ? 1 : 0));
  const gaps = new Float64Array(arms);
  const costs = new Float64Array(arms);
  const requirements = new Float64Array(arms);
  return {
    floor,
    counts: solver.counts,
    dual: solver.dual,
    gaps,
    requirements,
    estimate: ({ means }, leader) => {
      let least = Infinity;
      for (let i = 0; i < arms; i++) {
        if (i === leader) continue;
        gaps[i] = Math.max(floor, means[leader]! - means[i]!);
        least = Math.min(least, gaps[i]!);
      }
      gaps[leader] = least;
      for (let i = 0; i < arms; i++) requirements[i] = isExact[i] === 1 ? 0 : 2 / (gaps[i]! * gaps[i]!);
    },
    solve: (leader) => {
      // A loop: `set` of a typed array costs more than a small program does.
      for (let i = 0; i < arms; i++) costs[i] = gaps[i]!;
      costs[leader] = 0;
      return solver.solve(costs, requirements);
    },
  };
}

/** Of the arms that are behind `level` times their counts the one furthest behind in proportion; -1 when none is. */
export function furthestBehind(plays: ArrayLike<number>, counts: Float64Array, level: number): number {
  let behind = -1;
  for (let j = 0; j < counts.length; j++)
    if (
      plays[j]! < counts[j]! * level &&
      (behind < 0 || plays[j]! * counts[behind]! < plays[behind]! * counts[j]!)
    )
      behind = j;
  return behind;
}

/** What counts as small beside the noise: the s.d. of the best reading of the arm known worst; 1 when all can be read exactly. */
export function noiseScale(information: SideInformation): number {
  const noisy = bestPrecision(information).filter((best) => best > 0 && best < exactPrecision);
  return noisy.length === 0 ? 1 : 1 / Math.sqrt(Math.min(...noisy));
}

/** Where forced exploration looks next: the arm of least information in units of its best reading; -1 if all are exact. */
export function leastKnown(state: BanditState, inverseBest: Float64Array): number {
  let least = -1;
  for (let i = 0; i < inverseBest.length; i++) {
    if (inverseBest[i] === 0) continue;
    if (
      least < 0 ||
      state.information[i]! * inverseBest[i]! < state.information[least]! * inverseBest[least]!
    )
      least = i;
  }
  return least;
}

/** 1 / the best precision of each arm, 0 where that is exact and nothing needs forcing. */
export function inverseBestPrecision(information: SideInformation): Float64Array {
  return bestPrecision(information).map((best) => (best === exactPrecision ? 0 : 1 / best));
}

/** f(t) = ln t + weight ln max(1, ln t): how much evidence round t asks for. */
export function levelAt(round: number, weight: number): number {
  const log = Math.log(round);
  return weight === 0 ? log : log + weight * Math.log(Math.max(1, log));
}
