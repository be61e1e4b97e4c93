import type { Denoiser } from '@lab/diffusion-core';
import { invertFlow, type Inversion, type InvertFlowOptions } from '../invert-flow';

/**
 * Plain inversion of a rectified flow (Proposition 3.1): the ODE run from image to noise, without a controller. With
 * `solver: 'rf-solver'` or `'fireflow'` these are the inversions of Wang et al. 2024 and Deng et al. 2024, without their
 * sharing of attention values. Edit with `editFlow(..., { eta: 0 })`.
 */
export function odeInversion<X, Condition = unknown>(
  denoiser: Denoiser<X, Condition>,
  image: X,
  options: Omit<InvertFlowOptions<X, Condition>, 'gamma' | 'target' | 'key' | 'lambda' | 'mask'> = {},
): Promise<Inversion<X>> {
  return invertFlow(denoiser, image, { ...options, gamma: 0 });
}
