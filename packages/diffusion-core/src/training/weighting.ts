import { LabError } from '@lab/tensor-core/errors';
import type { Level } from '../estimates/convert';
import type { Prediction } from '../types';

/**
 * How errors at different times are weighed against each other. The loss is the squared error of one quantity,
 * whatever the network puts out:
 *
 * - `epsilon`, `sample`, `v`, `velocity`: of that quantity (`epsilon` is DDPM's simple loss, `velocity` flow matching's)
 * - `min-snr`: of the sample, weighted by min(alpha^2 / sigma^2, gamma) (Hang et al. 2023), gamma 5
 * - `{ minSnr: gamma }`: the same with another gamma
 */
export type Weighting = Prediction | 'min-snr' | { readonly minSnr: number };

/**
 * The weight of the squared error of `predicts` at a level that makes it the loss of `weighting`.
 *
 * For one state the errors of the four quantities are multiples of one another: that of the sample times
 * `alpha / sigma` (epsilon), `(alpha^2 + sigma^2) / sigma` (v), `(alpha + sigma) / sigma` (velocity).
 */
export function lossWeight(
  weighting: Weighting,
  { predicts, alpha, sigma }: { predicts: Prediction } & Level,
): number {
  if (weighting === predicts) return 1;
  if (!(sigma > 0))
    throw new LabError('argument', 'a loss is weighted at times above 0', {
      argument: 'sigma',
      received: sigma,
    });
  const own = errorRatio(predicts, { alpha, sigma }) ** 2;
  if (own === 0)
    throw new LabError('unsupported', `'${predicts}' learns nothing of the sample at alpha = 0`, {
      argument: 'weighting',
      received: weighting,
      hint: 'draw times below 1, or predict v or velocity',
    });
  if (typeof weighting === 'string' && weighting !== 'min-snr')
    return errorRatio(weighting, { alpha, sigma }) ** 2 / own;
  const gamma = weighting === 'min-snr' ? 5 : weighting.minSnr;
  return Math.min((alpha / sigma) ** 2, gamma) / own;
}

/** Error of a quantity per error of the sample. */
function errorRatio(quantity: Prediction, { alpha, sigma }: Level): number {
  switch (quantity) {
    case 'sample':
      return 1;
    case 'epsilon':
      return alpha / sigma;
    case 'v':
      return (alpha * alpha + sigma * sigma) / sigma;
    case 'velocity':
      return (alpha + sigma) / sigma;
  }
}
