import type { Solver } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import { gainAt, type Gain } from '../gains';

export interface ControlledSdeOptions<X> {
  /** [B, ...] the image that the process is pulled to; stays the caller's. */
  readonly reference: X;
  /** Reverse guidance. */
  readonly eta: Gain;
  /**
   * - `paper`: equation (17), `drift = (1 - eta) (2 v - X / s) + eta (y0 - X) / (1 - s)`, `g^2 = (1 - eta) 2 (1 - s) / s`
   * - `reference`: the released code, `drift = 2 v' - X / s` with the controlled velocity v', `g^2 = 2 (1 - s) / s`
   *
   * where s = 1 - t runs from noise to image. @default 'paper'
   */
  readonly variant?: 'paper' | 'reference';
  /**
   * Also take the last step by Euler-Maruyama, whose noise nothing removes, as the released code does; otherwise it is
   * the controlled ODE's. @default false
   */
  readonly finalNoise?: boolean;
}

/**
 * Euler-Maruyama on the controlled rectified SDE. A solver for `sample`; without any control, as it holds the pull itself.
 * The first step from t = 1, where the noise rate is infinite, is the controlled ODE's.
 *
 * @throws LabError `unsupported` for a schedule that is not a rectified flow
 */
export function controlledSde<X>({
  reference,
  eta: gain,
  variant = 'paper',
  finalNoise = false,
}: ControlledSdeOptions<X>): Solver {
  return {
    name: 'controlled-sde',
    order: 1,
    evaluations: 1,
    init: () => [],
    async step(step) {
      const { space, schedule, index, steps, x, t, tNext, evaluate, noise } = step;
      if (schedule.kind !== 'flow')
        throw new LabError('unsupported', 'controlledSde integrates rectified flows alone', {
          argument: 'schedule',
          expected: 'rectifiedFlowSchedule()',
          received: schedule.name,
        });
      const eta = gainAt(gain, { index, steps, t }, { name: 'eta' });
      const y0 = reference as unknown as typeof x;
      const { x0, noise: eps } = await evaluate(x, t);
      const length = t - tNext;
      const s = 1 - t;
      // Controlled ODE: v' = (1 - eta) (x0 - eps) + eta (y0 - X) / t, as weights of x0, eps, y0 and X.
      const ode: [number, typeof x][] = [
        [length * (1 - eta), x0],
        [-length * (1 - eta), eps],
        [(length * eta) / t, y0],
        [1 - (length * eta) / t, x],
      ];
      const isDeterministic = s === 0 || (tNext === 0 && !finalNoise);
      if (isDeterministic) return { x: space.combine(ode) };
      // What turns 1 v' into the SDE's drift. v - X/s = -eps/s for the flow alone; the released code uses v' there.
      const share = variant === 'paper' ? 1 - eta : 1;
      const extra: [number, typeof x][] =
        variant === 'paper'
          ? [[(-length * share) / s, eps]]
          : [
              [length * (1 - eta), x0],
              [-length * (1 - eta), eps],
              [(length * eta) / t, y0],
              [-(length * eta) / t - length / s, x],
            ];
      const deviation = Math.sqrt((share * 2 * t * length) / s);
      return { x: space.combine([...ode, ...extra, [deviation, noise()]]) };
    },
  };
}
