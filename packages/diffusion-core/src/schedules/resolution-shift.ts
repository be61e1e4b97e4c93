import { LabError } from '@lab/tensor-core/errors';

export interface ResolutionShiftOptions {
  /** mu at `baseTokens`. @default 0.5 */
  readonly baseShift?: number;
  /** mu at `maxTokens`. @default 1.15 */
  readonly maxShift?: number;
  /** @default 256 */
  readonly baseTokens?: number;
  /** @default 4096 */
  readonly maxTokens?: number;
}

/**
 * The shift of `rectifiedFlowSchedule` that Flux uses for an image of so many latent tokens: `exp(mu)`, mu on the straight
 * line through (256, 0.5) and (4096, 1.15). Larger images need more of their steps near noise. In logits of the noise level
 * the shift is the translation by mu (Esser et al. 2024, section 5.3.2). Stable Diffusion 3 has the fixed shift 3.
 *
 * @param tokens (height / 16) (width / 16) for Flux
 * @example
 * const schedule = rectifiedFlowSchedule({ shift: resolutionShift(4096) }); // 1024 by 1024 pixels
 */
export function resolutionShift(
  tokens: number,
  { baseShift = 0.5, maxShift = 1.15, baseTokens = 256, maxTokens = 4096 }: ResolutionShiftOptions = {},
): number {
  if (!(tokens > 0 && Number.isFinite(tokens)) || !(maxTokens > baseTokens))
    throw new LabError('argument', 'a resolution shift needs a positive number of tokens', {
      argument: 'tokens',
      received: { tokens, baseTokens, maxTokens },
    });
  const slope = (maxShift - baseShift) / (maxTokens - baseTokens);
  return Math.exp(baseShift + slope * (tokens - baseTokens));
}
