import type { SideInformation } from '../information/side-information';
import { absorb, absorbOwn, initialState, type Prior } from '../policies/estimates';
import { makePolicy } from '../policies/make-policy';
import { checkPositive } from '../policies/options';
import type { BanditState, Policy } from '../policies/types';
import { deviationOf, refuseBlind } from './ucb';

/** How Thompson sampling is set up. */
export interface ThompsonOptions {
  /** `n`: all readings count (TS-N; Tossou et al. 2017 for graphs). `self`: the played arm's own alone. @default 'n' */
  readonly mode?: 'self' | 'n';
  /** Law of each mean before the first reading. @default none: every arm is played until it was seen */
  readonly prior?: Prior;
}

/**
 * Thompson sampling: draws each mean from what is known of it, N(mean, 1 / W), and plays the arm whose draw is greatest.
 * It never plays an arm for what that tells of others.
 *
 * @throws LabError as `ucbPolicy`
 */
export function thompsonPolicy(
  information: SideInformation,
  { mode = 'n', prior }: ThompsonOptions = {},
): Policy {
  if (prior) checkPositive('thompsonPolicy', { 'prior.variance': prior.variance });
  refuseBlind(information, mode === 'self', 'thompsonPolicy');
  const { arms } = information;
  return makePolicy<BanditState>({
    name: mode === 'self' ? 'TS-self' : 'TS-N',
    information,
    init: () => initialState(arms, prior),
    among: (smaller) => thompsonPolicy(smaller, { mode, ...(prior && { prior }) }),
    choose: ({ means, information: W }, draws) => {
      let pick = 0;
      let greatest = -Infinity;
      for (let i = 0; i < arms; i++) {
        if (W[i] === 0) return i;
        const draw = means[i]! + deviationOf(W[i]!) * draws.normal();
        if (draw > greatest) [pick, greatest] = [i, draw];
      }
      return pick;
    },
    update: (state, arm, observations) =>
      (mode === 'self' ? absorbOwn : absorb)(state, arm, observations, information),
  });
}
