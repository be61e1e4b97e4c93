import { LabError } from '@lab/tensor-core/errors';
import type { TokenDenoiser } from '../types';

export interface TokenGuidanceOptions {
  /** 0 is the conditional denoiser; larger follows the condition more. */
  readonly scale: number;
}

/**
 * Classifier-free guidance of tokens: `(1 + scale) log p(. | condition) - scale log p(.)`, renormalised (Ho & Salimans
 * 2021; not in the paper). The two denoisers share their vocabulary.
 */
export function guidedTokens(
  conditional: TokenDenoiser,
  unconditional: TokenDenoiser,
  { scale }: TokenGuidanceOptions,
): TokenDenoiser {
  if (conditional.vocabSize !== unconditional.vocabSize || conditional.maskId !== unconditional.maskId)
    throw new LabError('argument', 'guidance needs two denoisers of one vocabulary', {
      received: [conditional.vocabSize, unconditional.vocabSize],
    });
  if (!Number.isFinite(scale))
    throw new LabError('argument', 'scale is a number', { argument: 'scale', received: scale });
  const { vocabSize, maskId } = conditional;
  return {
    vocabSize,
    maskId,
    maxLength: conditional.maxLength,
    timeConditioned: conditional.timeConditioned || unconditional.timeConditioned,
    async predict(tokens, context) {
      const [given, free] = [
        (await conditional.predict(tokens, context)).logits,
        (await unconditional.predict(tokens, context)).logits,
      ];
      // What neither thinks possible stays so, and what is impossible given the condition too.
      const mixed = (a: number, b: number): number =>
        a === Number.NEGATIVE_INFINITY ? a : (1 + scale) * a - scale * b;
      return { logits: Float64Array.from(given, (each, i) => mixed(each, free[i]!)) };
    },
    dispose() {
      conditional.dispose?.();
      unconditional.dispose?.();
    },
  };
}
