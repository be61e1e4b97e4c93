import { transition } from './transition';
import type { Solver } from './types';

export interface DdpmOptions {
  /**
   * Variance of the reverse step: `small` is that of the posterior q(x' | x, x0), right for a single data point;
   * `large` is that of the forward step, right for data that are themselves standard normal (Ho et al. 2020, 3.2).
   * @default 'small'
   */
  readonly variance?: 'small' | 'large';
}

/**
 * Denoising diffusion probabilistic models (Ho, Jain & Abbeel 2020, algorithm 2), for any schedule and step size.
 *
 * With `f, v` factor and variance of the transition `x_t | x_t'`, the posterior's mean (eq. 7) is
 * `f sigma'^2 / sigma^2 x + alpha' v / sigma^2 x0`, written here with `x = alpha x0 + sigma noise`. The small variance
 * makes it `ddim({ eta: 1 })`.
 */
export function ddpm({ variance = 'small' }: DdpmOptions = {}): Solver {
  return {
    name: 'ddpm',
    order: 1,
    evaluations: 1,
    init: () => [],
    async step({ space, x, t, alpha, sigma, alphaNext, sigmaNext, evaluate, noise }) {
      const estimate = await evaluate(x, t);
      const forward = transition({ alpha, sigma }, { alpha: alphaNext, sigma: sigmaNext });
      const mean = space.combine([
        [alphaNext, estimate.x0],
        [(forward.factor * sigmaNext ** 2) / sigma, estimate.noise],
      ]);
      if (sigmaNext === 0) return { x: mean };
      const shrink = variance === 'small' ? sigmaNext / sigma : 1;
      return {
        x: space.combine([
          [1, mean],
          [shrink * Math.sqrt(forward.variance), noise()],
        ]),
      };
    },
  };
}
