import { LabError } from '@lab/tensor-core/errors';
import {
  discreteNelbo,
  exactNelbo,
  subsetSum,
  subsetWeight,
  type MaskingSchedule,
  type TokenArray,
  type TokenDenoiser,
} from '@lab/diffusion-core/discrete';
import { anchorsOf } from '../anchors/frequency-anchors';
import type { AnchorSelector } from '../anchors/types';

export interface ExactAnelboOptions {
  readonly anchors: AnchorSelector;
  /** At least 0; with `steps` it may depend on the time. */
  readonly gamma: number | ((t: number) => number);
  /** Number of steps of the reverse process. @default continuous time */
  readonly steps?: number;
  /** Chance of remasking in every step, limited to what keeps the marginals; for `steps`. @default 0 */
  readonly remasking?: number;
  readonly schedule?: MaskingSchedule;
}

/** The bound of each sequence in nats, and its two parts before gamma. */
export interface ExactAnelbo {
  readonly anelbo: Float64Array;
  readonly nelbo: Float64Array;
  readonly anchor: Float64Array;
}

/**
 * The anchored bound itself (theorem 4.1), over all masked sets: the bound of the prediction plus gamma times the same bound
 * of the anchor network at the anchors alone, `-lambda` weighing both. For short sequences; the training loss estimates it.
 *
 * @param denoiser of the whole network
 * @param anchorDenoiser of the anchor network
 */
export async function exactAnelbo(
  { denoiser, anchorDenoiser }: { readonly denoiser: TokenDenoiser; readonly anchorDenoiser: TokenDenoiser },
  tokens: TokenArray,
  { anchors, gamma, steps, ...process }: ExactAnelboOptions,
): Promise<ExactAnelbo> {
  const mask = anchorsOf(anchors, tokens);
  if (steps === undefined) {
    const nelbo = await exactNelbo(denoiser, tokens);
    const anchor = await subsetSum(anchorDenoiser, tokens, { weight: subsetWeight, mask });
    if (typeof gamma !== 'number')
      throw new LabError('argument', 'a gamma that depends on the time needs a number of steps', {
        argument: 'steps',
      });
    return { nelbo, anchor, anelbo: nelbo.map((each, i) => each + gamma * anchor[i]!) };
  }
  const discrete = { steps, ...process };
  const nelbo = await discreteNelbo(denoiser, tokens, discrete);
  const anchor = await discreteNelbo(anchorDenoiser, tokens, { ...discrete, mask });
  const weight = typeof gamma === 'number' ? () => gamma : gamma;
  const weighed = await discreteNelbo(anchorDenoiser, tokens, { ...discrete, mask, stepScale: weight });
  return { nelbo, anchor, anelbo: nelbo.map((each, i) => each + weighed[i]!) };
}
