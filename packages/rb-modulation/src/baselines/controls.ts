import type { Control } from '@lab/diffusion-core';
import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { Array64 } from '@lab/tensor-core/linalg64';
import type { DifferentiableCost, TerminalCost } from '../costs/types';
import { costThroughDenoiser } from '../soc/exact-controller';
import { proximalSoc } from '../soc/proximal-soc';
import { adaptiveNormalization } from './attention';

export interface FreeDomOptions {
  /** Length of the step on the state, or its schedule. @default 1 */
  readonly weight?: number | ((t: number) => number);
}

/**
 * FreeDoM (Yu et al. 2023, Algorithm 1, without time travel): after each step the new state is moved against the gradient of
 * `h(E[x_0 | x_t])` with respect to the state before it, through the denoiser. The last step is left alone, as the state then is
 * the sample, about which other controls may have made promises.
 */
export function freeDom(cost: DifferentiableCost, { weight = 1 }: FreeDomOptions = {}): Control {
  return {
    name: 'freedom',
    async state(xNext, { x, t, tNext, denoiser, schedule, condition }) {
      if (tNext === 0) return xNext;
      const { gradient } = await costThroughDenoiser(x, cost, { denoiser, schedule, t, condition });
      try {
        const rho = typeof weight === 'number' ? weight : weight(t);
        return tf.tidy(() => tf.sub(xNext, tf.mul(gradient, rho)));
      } finally {
        gradient.dispose();
      }
    },
  };
}

/**
 * MPGD (He et al. 2024): one plain gradient step on the posterior mean at each level, the nearest relative of Algorithm 2.
 *
 * @param eta step size
 */
export function mpgd<X>(cost: TerminalCost<X>, { eta }: { readonly eta: number }): Control<X> {
  const control = proximalSoc(cost, { eta, steps: 1, optimizer: 'gradient', etaDecay: 'none' });
  return { ...control, name: 'mpgd' };
}

/**
 * The cheapest style of all: the channels of the posterior mean [B, h, w, C] brought to mean and deviation of the reference's
 * [1 or B, h, w, C].
 */
export function adaptiveStatistics(reference: Array64): Control {
  if (reference.shape.length !== 4)
    throw new LabError('shape', 'adaptiveStatistics needs a reference [1 or B, h, w, C]', {
      argument: 'reference',
      received: reference.shape,
    });
  return {
    name: 'adaptive statistics',
    estimate: (x0: Tensor) =>
      tf.tidy(() =>
        adaptiveNormalization(x0, tf.tensor(Float32Array.from(reference.data), [...reference.shape]), [1, 2]),
      ),
  };
}
