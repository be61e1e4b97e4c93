import { LabError } from '@lab/tensor-core/errors';
import type { TaskFamily } from '../tasks/family';
import { harmonicPower } from './harmonics';

/** Power of a task family in each degree of harmonics, averaged over its tasks: what the theory needs to know of it. */
export interface Spectrum {
  readonly dimension: number;
  /** c_0 to c_degrees. */
  readonly power: Float64Array;
  /** E f^2, with the degrees that `power` leaves out. */
  readonly total: number;
}

/**
 * The spectrum of a family on the unit sphere (section 4.4). A family is a random combination of uncorrelated profiles,
 * so powers add.
 *
 * @throws LabError `unsupported` for a family whose tasks do not depend on a uniform direction alone
 * @example
 * spectrumOf(affineTasks({ lipschitz: 1 }), { dimension: 3 }).power; // 1/3, 1/9, 0, ...
 */
export function spectrumOf(
  family: TaskFamily,
  {
    dimension,
    degrees = 400,
  }: {
    readonly dimension: number;
    /** Highest degree that is resolved; a kink needs several times the square root of the largest window. @default 400 */
    readonly degrees?: number;
  },
): Spectrum {
  if (!family.components)
    throw new LabError('unsupported', 'spectrumOf: the family has no spectrum on the sphere', {
      argument: 'family',
      received: family.name,
      hint: 'low-rank families are not invariant under rotations: measure them with meanLoss',
    });
  const power = new Float64Array(degrees + 1);
  let total = 0;
  for (const { weight, profile } of family.components) {
    const own = harmonicPower(profile, { dimension, degrees });
    own.forEach((each, l) => (power[l]! += weight * each));
    total += weight * harmonicPower((z) => profile(z) ** 2, { dimension, degrees: 0 })[0]! ** 0.5;
  }
  return { dimension, power, total };
}
