import { eulerStep } from './drift';
import type { Solver } from './types';

/**
 * Euler's method on the probability-flow ODE (Song et al. 2021, eq. 13), in the coordinate in which it is smooth: the
 * angle between sample and noise for variance-preserving schedules, time for rectified flow. On a rectified flow this
 * is also `ddim()`; the last step returns x0.
 */
export function euler(): Solver {
  return {
    name: 'euler',
    order: 1,
    evaluations: 1,
    init: () => [],
    async step({ space, schedule, x, t, alpha, sigma, alphaNext, sigmaNext, evaluate }) {
      const estimate = await evaluate(x, t);
      const from = { alpha, sigma };
      return {
        x: eulerStep(space, { estimate, from, to: { alpha: alphaNext, sigma: sigmaNext }, schedule }),
      };
    },
  };
}
