import type { Estimate, Space } from '../types';
import { LabError } from '@lab/tensor-core/errors';
import type { Level } from './convert';

/** The score `grad log p_t(x) = -noise / sigma` of an estimate; a new state. */
export function score<X>(space: Space<X>, estimate: Estimate<X>, { sigma }: Pick<Level, 'sigma'>): X {
  if (sigma === 0)
    throw new LabError('unsupported', 'the score of the clean law is not an estimate', {
      argument: 'sigma',
      received: 0,
    });
  return space.combine([[-1 / sigma, estimate.noise]]);
}

/**
 * Tweedie's formula: the posterior mean `E[x_0 | x_t = x] = (x + sigma^2 score) / alpha`; a new state.
 *
 * Efron 2011, "Tweedie's Formula and Selection Bias".
 */
export function tweedieMean<X>(
  space: Space<X>,
  { x, score: gradient, alpha, sigma }: { x: X; score: X } & Level,
): X {
  if (alpha === 0)
    throw new LabError('unsupported', 'pure noise determines no posterior mean through its score', {
      argument: 'alpha',
      received: 0,
    });
  return space.combine([
    [1 / alpha, x],
    [(sigma * sigma) / alpha, gradient],
  ]);
}
