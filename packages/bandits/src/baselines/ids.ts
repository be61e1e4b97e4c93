import { refuseUnobservable, type SideInformation } from '../information/side-information';
import { absorb, argmax, coverArm, coverDemand, initialState } from '../policies/estimates';
import { makePolicy } from '../policies/make-policy';
import { checkCount } from '../policies/options';
import type { BanditState, Policy } from '../policies/types';
import { deviationOf } from './ucb';

/** How information-directed sampling is set up. */
export interface IdsOptions {
  /** Draws from what is known of the means, by which each round is decided. @default 1000 */
  readonly draws?: number;
}

/**
 * Information-directed sampling by variances (Russo & Van Roy 2014; with graph feedback Liu, Buccapatnam & Shroff 2018),
 * adapted to noise levels: plays a mixture of two arms that makes (expected regret)^2 / information least. Slow: a round
 * costs `draws` times K random numbers.
 *
 * @throws LabError `infeasible` naming arms that nothing reveals; `argument` when `draws` is not a count
 */
export function idsPolicy(information: SideInformation, { draws: count = 1000 }: IdsOptions = {}): Policy {
  refuseUnobservable(information, 'idsPolicy');
  checkCount('idsPolicy', { draws: count });
  const { arms, precision } = information;
  const demand = coverDemand(information);
  const theta = new Float64Array(arms);
  const wins = new Float64Array(arms);
  const sums = new Float64Array(arms * arms);
  const regret = new Float64Array(arms);
  const gain = new Float64Array(arms);

  /** Expected regret and information of each arm, by draws: p_k = P(best is k), m_ik = E[mean_i | best is k]. */
  const measure = ({ means, information: W }: BanditState, normal: () => number): void => {
    wins.fill(0);
    sums.fill(0);
    let greatest = 0;
    for (let draw = 0; draw < count; draw++) {
      let best = 0;
      for (let i = 0; i < arms; i++) {
        theta[i] = means[i]! + deviationOf(W[i]!) * normal();
        if (theta[i]! > theta[best]!) best = i;
      }
      wins[best]!++;
      greatest += theta[best]!;
      for (let i = 0; i < arms; i++) sums[best * arms + i]! += theta[i]!;
    }
    gain.fill(0);
    for (let i = 0; i < arms; i++) {
      regret[i] = Math.max(0, greatest / count - means[i]!);
      let variance = 0;
      for (let k = 0; k < arms; k++)
        if (wins[k]! > 0) variance += (wins[k]! / count) * (sums[k * arms + i]! / wins[k]! - means[i]!) ** 2;
      for (let a = 0; a < arms; a++)
        gain[a]! += precision[a * arms + i]! > 0 ? 0.5 * Math.log1p(precision[a * arms + i]! * variance) : 0;
    }
  };

  return makePolicy<BanditState>({
    name: 'IDS',
    information,
    init: () => initialState(arms),
    among: (smaller) => idsPolicy(smaller, { draws: count }),
    choose: (state, draws) => {
      const unseen = coverArm(state, demand, information);
      if (unseen >= 0) return unseen;
      measure(state, draws.normal);
      const { first, second, share } = leastRatio(regret, gain);
      if (first < 0) return argmax(arms, (i) => state.means[i]!);
      return draws.uniform() < share ? first : second;
    },
    update: (state, arm, observations) => absorb(state, arm, observations, information),
  });
}

/** The mixture of two arms of least (regret)^2 / gain; `first` is played with probability `share`. -1 if nothing informs. */
function leastRatio(
  regret: Float64Array,
  gain: Float64Array,
): { first: number; second: number; share: number } {
  let best = { first: -1, second: -1, share: 1 };
  let least = Infinity;
  const consider = (first: number, second: number, share: number): void => {
    const information = share * gain[first]! + (1 - share) * gain[second]!;
    const ratio = (share * regret[first]! + (1 - share) * regret[second]!) ** 2 / information;
    if (ratio < least) [least, best] = [ratio, { first, second, share }];
  };
  for (let a = 0; a < regret.length; a++) {
    consider(a, a, 1);
    for (let b = a + 1; b < regret.length; b++) {
      // The ratio is convex in the share; where its derivative is 0, kept within [0, 1].
      const share = regret[b]! / (regret[a]! - regret[b]!) - (2 * gain[b]!) / (gain[a]! - gain[b]!);
      if (share > 0 && share < 1) consider(a, b, share);
    }
  }
  return best;
}
