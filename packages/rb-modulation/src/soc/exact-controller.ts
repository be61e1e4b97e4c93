import { toEstimate, type Denoiser, type PredictContext, type Schedule } from '@lab/diffusion-core';
import { tf, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import type { CostAndGradient, DifferentiableCost } from '../costs/types';

export interface ThroughDenoiser {
  readonly denoiser: Denoiser;
  readonly schedule: Schedule;
  readonly t: number;
  readonly condition: unknown;
}

/** Backward passes go op by op: compiled calls record nothing. */
const eager: PredictContext = { engine: 'eager' };

/**
 * The terminal cost of the posterior mean, as a function of the noisy state: `h(E[x_0 | x_t = x])` and its gradient, taken
 * through the denoiser.
 *
 * @throws LabError `unsupported` for a denoiser whose prediction comes later (a runtime without gradients), or that predicts noise
 *   where there is no signal
 */
export async function costThroughDenoiser(
  x: Tensor,
  cost: DifferentiableCost,
  { denoiser, schedule, t, condition }: ThroughDenoiser,
): Promise<CostAndGradient<Tensor>> {
  const level = { alpha: schedule.alpha(t), sigma: schedule.sigma(t) };
  const losses = (state: Tensor): Tensor => {
    const prediction = denoiser.predict(state, t, condition, eager);
    if (!('dataSync' in prediction))
      throw new LabError(
        'unsupported',
        'Algorithm 1 differentiates the denoiser, whose predict must be synchronous',
        {
          argument: 'denoiser',
          hint: 'proximalSoc needs no gradient of the denoiser',
        },
      );
    const { predicts, space } = denoiser;
    return cost.losses(toEstimate(space, { predicts, prediction, x: state, ...level }).x0);
  };
  const {
    value,
    aux,
    grads: gradient,
  } = valueAndGrad(
    (state: Tensor) => {
      const each = losses(state);
      return [tf.sum(each), each] as const;
    },
    { hasAux: true },
  )(x);
  value.dispose();
  try {
    return { costs: Float64Array.from(await aux.data()), gradient };
  } finally {
    aux.dispose();
  }
}
