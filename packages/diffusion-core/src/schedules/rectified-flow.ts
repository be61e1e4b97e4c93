import { LabError } from '@lab/tensor-core/errors';
import type { Schedule } from '../types';
import { assertTime, evenTimes } from './validate';

export interface RectifiedFlowOptions {
  /**
   * Moves the default grid towards noise (above 1) or data (below 1): `t -> shift t / (1 + (shift - 1) t)`
   * (Esser et al. 2024, eq. 23). alpha and sigma are unchanged.
   * @default 1
   */
  readonly shift?: number;
}

/**
 * Rectified flow: `x_t = (1 - t) x_0 + t noise`. t = 1 is noise, t = 0 is data; generation runs from 1 to 0 and the
 * velocity `dx/dt = noise - x_0` points towards the noise. (Liu et al. 2022 run time the other way.)
 */
export function rectifiedFlowSchedule({ shift = 1 }: RectifiedFlowOptions = {}): Schedule {
  if (!(shift > 0 && Number.isFinite(shift)))
    throw new LabError('argument', 'shift must be positive', { argument: 'shift', received: shift });
  const checked = (t: number): number => {
    assertTime(t);
    return t;
  };
  return {
    name: 'rectified-flow',
    kind: 'flow',
    alpha: (t) => 1 - checked(t),
    sigma: checked,
    logSnr: (t) => 2 * (Math.log1p(-checked(t)) - Math.log(t)),
    times: (steps) => evenTimes(steps).map((t) => (shift * t) / (1 + (shift - 1) * t)),
  };
}
