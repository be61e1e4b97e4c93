import type { Control } from '@lab/diffusion-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { Projector } from '../constraints/types';
import type { MeanPullback } from './mean-pullback';
import { runControls } from './run-controls';
import type { SeriesMethod } from './types';
import { violationGradient } from './violation-gradient';

export interface GuidedOptions {
  /** Strength of the guidance, to be tuned for each set of constraints. @default 1 */
  readonly rho?: number;
  /** Derivative of the model: `networkPullback` or `exactPullback`. */
  readonly pullback: MeanPullback;
}

/**
 * Guided DiffTime (Coletta et al. 2023): the noise estimate is tilted by the gradient of the violation of the posterior
 * mean, taken through the network,
 * `eps' = eps + rho sqrt(1 - abar) grad_z f(x0(z))`, f the sum of squared violations; the step uses eps' in both terms.
 * There is no guarantee that the constraints hold in the end.
 */
export function guidedDiffTime({ rho = 1, pullback }: GuidedOptions): SeriesMethod {
  if (!(rho >= 0 && Number.isFinite(rho)))
    throw new LabError('argument', 'guidedDiffTime: rho is a number from 0', {
      argument: 'rho',
      received: rho,
    });
  return {
    name: `guided-${rho}`,
    run: (problem, options) =>
      runControls(problem, options, { controls: [guide(problem.projector, { rho, pullback })] }),
  };
}

function guide(
  projector: Projector,
  { rho, pullback }: { rho: number; pullback: MeanPullback },
): Control<Array64> {
  return {
    name: 'guided-difftime',
    // x0' = (x - sigma eps') / alpha, and the noise that fits it is eps'.
    noise: 'recompute',
    async estimate(x0, { x, t, alpha, sigma, condition }) {
      const gradient = await pullback(violationGradient(projector, x0), { x, t, condition });
      const scale = (rho * sigma * sigma) / alpha;
      return { shape: x0.shape, data: x0.data.map((value, i) => value - scale * gradient.data[i]!) };
    },
  };
}
