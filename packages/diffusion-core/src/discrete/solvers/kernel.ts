import { LabError } from '@lab/tensor-core/errors';

/** What one step back in time does to a place. */
export interface ReverseKernel {
  /** A token stays. */
  readonly keep: number;
  /** A token is masked again; `keep + remask = 1`. */
  readonly remask: number;
  /** A mask becomes a token drawn from the prediction. */
  readonly unmask: number;
  /** A mask stays; `unmask + stay = 1`. */
  readonly stay: number;
}

/**
 * The greatest chance of remasking that keeps the marginals, `min(1, (1 - alphaNext) / alpha)`: 1 where nothing is
 * unmasked yet, 0 in the last step (Wang et al. 2025, eq. 5).
 */
export function greatestRemasking(alpha: number, alphaNext: number): number {
  return alpha === 0 ? 1 : Math.min(1, (1 - alphaNext) / alpha);
}

/**
 * The reverse step from `alpha` to `alphaNext` with a chance `remasking` for tokens to be masked again. For every such
 * chance up to {@link greatestRemasking} a place is unmasked afterwards with probability `alphaNext`.
 *
 * @throws LabError `argument` for levels outside [0, 1] and for more remasking than keeps the marginals
 * @example
 * reverseKernel(0.3, 0.5, 0.2).unmask; // (0.5 - 0.8 * 0.3) / 0.7
 */
export function reverseKernel(alpha: number, alphaNext: number, remasking = 0): ReverseKernel {
  const greatest = greatestRemasking(alpha, alphaNext);
  if (!(alpha >= 0 && alpha <= 1 && alphaNext >= 0 && alphaNext <= 1))
    throw new LabError('argument', 'levels lie in [0, 1]', { received: { alpha, alphaNext } });
  if (!(remasking >= 0 && remasking <= greatest + 1e-12))
    throw new LabError('argument', 'this chance of remasking does not keep the marginals', {
      argument: 'remasking',
      expected: `0 to ${greatest}`,
      received: remasking,
      hint: 'take the smaller of it and greatestRemasking(alpha, alphaNext)',
    });
  // At alpha = 1 there is no mask that the row could be about.
  const unmask = alpha === 1 ? 1 : within((alphaNext - (1 - remasking) * alpha) / (1 - alpha));
  return { keep: 1 - remasking, remask: remasking, unmask, stay: 1 - unmask };
}

/** Rounding of a probability that is 0 or 1 in exact arithmetic. */
export function within(probability: number): number {
  return Math.min(1, Math.max(0, probability));
}
