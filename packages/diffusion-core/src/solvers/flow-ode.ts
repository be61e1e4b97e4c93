import { assertFlow, eulerStep } from './drift';
import type { Solver } from './types';

/**
 * Euler's method on the rectified-flow ODE `dx/dt = noise - x0` (Liu et al. 2022, eq. 1, time reversed).
 *
 * @throws LabError `unsupported` for a schedule that is not a rectified flow
 */
export function flowOde(): Solver {
  return {
    name: 'flow-ode',
    order: 1,
    evaluations: 1,
    init: () => [],
    async step({ space, schedule, x, t, alpha, sigma, alphaNext, sigmaNext, evaluate }) {
      assertFlow('flowOde', schedule);
      const estimate = await evaluate(x, t);
      const from = { alpha, sigma };
      return {
        x: eulerStep(space, { estimate, from, to: { alpha: alphaNext, sigma: sigmaNext }, schedule }),
      };
    },
  };
}
