import { LabError } from '@lab/tensor-core/errors';
import { sideInformation, unobservableArms, type SideInformation } from './side-information';

/** A smaller problem, and which arm of the larger one each of its arms is. */
export interface Restricted {
  readonly information: SideInformation;
  /** Index in the original problem of each arm that is left. */
  readonly arms: readonly number[];
}

/**
 * The problem with these arms alone: others are neither played nor asked about. Arms that are unavailable for a while are
 * left out this way too.
 *
 * @throws LabError `argument` when an arm does not exist or comes twice
 */
export function restrictTo({ arms: count, sigma }: SideInformation, arms: readonly number[]): Restricted {
  for (const [place, arm] of arms.entries())
    if (!Number.isInteger(arm) || arm < 0 || arm >= count || arms.indexOf(arm) !== place)
      throw new LabError('argument', 'restrictTo: arms are different whole numbers from 0', {
        argument: 'arms',
        expected: `below ${count}`,
        received: arm,
      });
  return {
    information: sideInformation(arms.map((j) => arms.map((i) => sigma[j * count + i]!))),
    arms: [...arms],
  };
}

/**
 * Leaves out the arms that nothing reveals. Calling it declares that they are never worth playing: the lower bound and
 * the policies say nothing about them.
 *
 * Leaving one out takes its readings of others away as well, which may leave those unobservable; they go too.
 */
export function withoutUnobservable(information: SideInformation): Restricted {
  let kept: Restricted = { information, arms: Array.from({ length: information.arms }, (_, i) => i) };
  for (;;) {
    const hidden = new Set(unobservableArms(kept.information));
    if (hidden.size === 0) return kept;
    const { arms } = kept;
    kept = restrictTo(
      information,
      arms.filter((_, place) => !hidden.has(place)),
    );
  }
}
