import { LabError } from '@lab/tensor-core/errors';
import { ddim } from './ddim';
import { assertFlow, eulerStep } from './drift';
import type { Solver } from './types';

export interface FlowSdeOptions {
  /** Share of the full noise, in [0, 1]; 0 is `flowOde()`. @default 1 */
  readonly churn?: number;
  /**
   * - `ancestral`: samples the transition given x0 exactly; no singularity at either end
   * - `euler-maruyama`: the textbook discretisation; needs many steps, and over-disperses the early states
   *
   * @default 'ancestral'
   */
  readonly scheme?: 'ancestral' | 'euler-maruyama';
}

/**
 * The stochastic equivalent of the rectified-flow ODE: an SDE with the same marginal law at every time (Rout et al.
 * 2024, "Semantic Image Inversion and Editing using Rectified Stochastic Differential Equations", eq. 22),
 *
 * `dx = [u + churn^2 noise / (1 - t)] dt + churn sqrt(2 t / (1 - t)) dw`, `u = noise - x0`, t running from 1 to 0.
 *
 * No noise is added in the last step: it would never be removed. Euler-Maruyama's first step from t = 1, where the
 * noise rate is infinite, is the ODE's.
 *
 * @throws LabError `unsupported` for a schedule that is not a rectified flow
 */
export function flowSde({ churn = 1, scheme = 'ancestral' }: FlowSdeOptions = {}): Solver {
  if (!(churn >= 0 && churn <= 1))
    throw new LabError('argument', 'churn lies in [0, 1]', { argument: 'churn', received: churn });
  const ancestral = ddim({ eta: churn });
  return {
    name: 'flow-sde',
    order: 1,
    evaluations: 1,
    init: () => [],
    async step(step, memory) {
      assertFlow('flowSde', step.schedule);
      if (scheme === 'ancestral') return ancestral.step(step, memory);
      const { space, schedule, x, t, tNext, alpha, sigma, alphaNext, sigmaNext, evaluate, noise } = step;
      const estimate = await evaluate(x, t);
      const from = { alpha, sigma };
      const ode = eulerStep(space, { estimate, from, to: { alpha: alphaNext, sigma: sigmaNext }, schedule });
      if (alpha === 0 || sigmaNext === 0) return { x: ode };
      const length = tNext - t;
      return {
        x: space.combine([
          [1, ode],
          [(churn ** 2 * length) / alpha, estimate.noise],
          [churn * Math.sqrt((2 * t * -length) / alpha), noise()],
        ]),
      };
    },
  };
}
