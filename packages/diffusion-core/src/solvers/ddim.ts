import { LabError } from '@lab/tensor-core/errors';
import { transition } from './transition';
import type { Solver } from './types';

export interface DdimOptions {
  /** Share of DDPM's noise, in [0, 1]: 0 is deterministic, 1 is DDPM. @default 0 */
  readonly eta?: number;
}

/**
 * Denoising diffusion implicit models (Song, Meng & Ermon 2021, eq. 12 and 16), for any schedule:
 *
 * `x' = alpha' x0 + sqrt(sigma'^2 - s^2) noise + s xi`, `s = eta (sigma' / sigma) sqrt(variance of x_t given x_t')`.
 *
 * @example
 * await sample(denoiser, { schedule, solver: ddim({ eta: 0.5 }), steps: 50, shape: [8, 24, 1], key: key(0) });
 */
export function ddim({ eta = 0 }: DdimOptions = {}): Solver {
  if (!(eta >= 0 && eta <= 1))
    throw new LabError('argument', 'eta lies in [0, 1]', { argument: 'eta', received: eta });
  return {
    name: 'ddim',
    order: 1,
    evaluations: 1,
    init: () => [],
    async step({ space, x, t, alpha, sigma, alphaNext, sigmaNext, evaluate, noise }) {
      const estimate = await evaluate(x, t);
      const { variance } = transition({ alpha, sigma }, { alpha: alphaNext, sigma: sigmaNext });
      const fresh = eta * (sigmaNext / sigma) * Math.sqrt(variance); // eq. 16
      const kept = Math.sqrt(Math.max(0, sigmaNext ** 2 - fresh ** 2));
      const next = space.combine([
        [alphaNext, estimate.x0],
        [kept, estimate.noise],
      ]); // eq. 12
      return {
        x:
          fresh === 0
            ? next
            : space.combine([
                [1, next],
                [fresh, noise()],
              ]),
      };
    },
  };
}
