import { LabError } from '@lab/tensor-core/errors';
import type { TokenDenoiser, TokenPrediction } from '../types';
import { logProbabilities } from './row';

export interface TokenGuidanceOptions {
  /** At least -1: -1 is the unconditional denoiser, 0 the conditional one; larger follows the condition more. */
  readonly scale: number;
}

/**
 * Classifier-free guidance of tokens: `(1 + scale) log p(. | condition) - scale log p(.)`, renormalised (Ho & Salimans
 * 2021; not in the paper). The two denoisers share their vocabulary and stay the caller's. What only the unconditional one
 * calls impossible has no ratio to follow, and keeps its conditional probability.
 *
 * @throws LabError `argument` for denoisers of different vocabularies, and a scale below -1
 */
export function guidedTokens<Prediction extends TokenPrediction>(
  conditional: TokenDenoiser<Prediction>,
  unconditional: TokenDenoiser,
  { scale }: TokenGuidanceOptions,
): TokenDenoiser<Prediction> {
  if (conditional.vocabSize !== unconditional.vocabSize || conditional.maskId !== unconditional.maskId)
    throw new LabError('argument', 'guidance needs two denoisers of one vocabulary', {
      received: [conditional, unconditional].map(({ vocabSize, maskId }) => ({ vocabSize, maskId })),
    });
  if (!(Number.isFinite(scale) && scale >= -1))
    throw new LabError('argument', 'scale is a number of at least -1', {
      argument: 'scale',
      received: scale,
      hint: 'to steer away from a condition, make it the unconditional denoiser',
    });
  const { vocabSize, maskId } = conditional;
  return {
    vocabSize,
    maskId,
    maxLength: conditional.maxLength,
    timeConditioned: conditional.timeConditioned || unconditional.timeConditioned,
    async predict(tokens, context) {
      const given = await conditional.predict(tokens, context);
      if (scale === 0) return given;
      const free = await unconditional.predict(tokens, context);
      const logits = new Float64Array(given.logits.length);
      for (const [at, id] of tokens.data.entries()) {
        if (id !== maskId) continue;
        const row = { start: at * vocabSize, vocabSize, maskId, place: `token ${at}` };
        const [a, b] = [logProbabilities(given.logits, row), logProbabilities(free.logits, row)];
        a.forEach((each, token) => (logits[row.start + token] = mixed(each, b[token]!, scale)));
      }
      return { ...given, logits };
    },
  };
}

function mixed(conditional: number, unconditional: number, scale: number): number {
  if (scale === -1) return unconditional;
  if (conditional === -Infinity) return -Infinity;
  if (unconditional === -Infinity) return scale > 0 ? conditional : -Infinity;
  return (1 + scale) * conditional - scale * unconditional;
}
