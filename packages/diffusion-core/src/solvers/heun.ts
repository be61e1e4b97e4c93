import { eulerStep, odeCoordinate, odeSlope } from './drift';
import type { Solver } from './types';

/**
 * Heun's second-order method on the probability-flow ODE (Karras et al. 2022, algorithm 1), in the coordinate of
 * `euler()`; two model calls a step, one in the last.
 *
 * Controls see both evaluations. In the second one `step.t` is already `step.tNext`, and `step.x` the predicted state.
 */
export function heun(): Solver {
  return {
    name: 'heun',
    order: 2,
    evaluations: 2,
    init: () => [],
    async step({ space, schedule, x, t, tNext, alpha, sigma, alphaNext, sigmaNext, evaluate }) {
      const from = { alpha, sigma };
      const to = { alpha: alphaNext, sigma: sigmaNext };
      const first = await evaluate(x, t);
      const predicted = eulerStep(space, { estimate: first, from, to, schedule });
      if (sigmaNext === 0) return { x: predicted };
      const second = await evaluate(predicted, tNext);
      // x' = predicted + h/2 (second slope - first slope), where `predicted` is read from the second estimate.
      const half = (odeCoordinate(schedule, to) - odeCoordinate(schedule, from)) / 2;
      const slope = odeSlope(schedule, from);
      const slopeNext = odeSlope(schedule, to);
      return {
        x: space.combine([
          [alphaNext + half * slopeNext.x0, second.x0],
          [sigmaNext + half * slopeNext.noise, second.noise],
          [-half * slope.x0, first.x0],
          [-half * slope.noise, first.noise],
        ]),
      };
    },
  };
}
