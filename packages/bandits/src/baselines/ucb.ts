import { LabError } from '@lab/tensor-core/errors';
import { exactPrecision, isSelfObserving, type SideInformation } from '../information/side-information';
import { absorb, absorbOwn, argmax, initialState } from '../policies/estimates';
import { levelAt } from '../policies/estimated-program';
import { makePolicy } from '../policies/make-policy';
import { checkNonNegative } from '../policies/options';
import type { BanditState, Policy } from '../policies/types';

/** How upper confidence bounds are set up. */
export interface UcbOptions {
  /**
   * `n`: all readings count (UCB-N, Caron et al. 2012). `maxn`: then switches to the arm of the greatest estimate among those
   * that reveal the chosen one. `self`: the played arm's own reading alone (UCB1).
   *
   * @default 'n'
   */
  readonly mode?: 'self' | 'n' | 'maxn';
  /** Weight of ln ln t in ln t + weight ln ln t. @default 0 */
  readonly logLogWeight?: number;
}

/** The upper confidence index of a Gaussian arm, which is its KL-UCB index too: mean + sqrt(2 f(t) / W). */
export function ucbIndex(mean: number, information: number, level: number): number {
  return information === 0 ? Infinity : mean + Math.sqrt((2 * level) / information);
}

/**
 * Upper confidence bounds: plays the arm of the greatest index. It never plays an arm for what that tells of others.
 *
 * @throws LabError `unsupported` for `self` where an arm does not reveal itself: its index would never come down
 */
export function ucbPolicy(
  information: SideInformation,
  { mode = 'n', logLogWeight = 0 }: UcbOptions = {},
): Policy {
  checkNonNegative('ucbPolicy', { logLogWeight });
  refuseBlind(information, mode === 'self', 'ucbPolicy');
  const { arms, precision } = information;
  return makePolicy<BanditState>({
    name: { self: 'UCB-self', n: 'UCB-N', maxn: 'UCB-MaxN' }[mode],
    information,
    init: () => initialState(arms),
    among: (smaller) => ucbPolicy(smaller, { mode, logLogWeight }),
    choose: ({ rounds, means, information: W }) => {
      const level = levelAt(rounds + 1, logLogWeight);
      let pick = 0;
      let greatest = -Infinity;
      for (let i = 0; i < arms; i++) {
        const index = ucbIndex(means[i]!, W[i]!, level);
        if (index > greatest) [pick, greatest] = [i, index];
      }
      if (mode !== 'maxn') return pick;
      return argmax(arms, (j) => (precision[j * arms + pick]! > 0 ? means[j]! : -Infinity));
    },
    update: (state, arm, observations) =>
      (mode === 'self' ? absorbOwn : absorb)(state, arm, observations, information),
  });
}

/** Policies that see their own readings alone cannot work where an arm does not reveal itself. */
export function refuseBlind(information: SideInformation, isSelf: boolean, where: string): void {
  if (!isSelf || isSelfObserving(information)) return;
  throw new LabError('unsupported', `${where}: with 'self' every arm must reveal itself`, {
    argument: 'mode',
    received: 'self',
    expected: 'a finite diagonal of sigma',
    hint: "use mode 'n'",
  });
}

/** The standard deviation of an estimate: 0 for an exact one. */
export const deviationOf = (information: number): number =>
  information === exactPrecision ? 0 : Math.sqrt(1 / information);
