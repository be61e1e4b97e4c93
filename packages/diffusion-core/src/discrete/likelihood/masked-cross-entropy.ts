import { cleanLogProbability } from '../sampling/row';
import type { TokenArray, TokenDenoiser, TokenPredictContext } from '../types';

/**
 * Minus the log-probability of `targets` at every masked place of `noisy`, row-major [batch, length] in double precision;
 * 0 at the other places.
 */
export async function maskedCrossEntropy(
  denoiser: TokenDenoiser,
  noisy: TokenArray,
  { targets, context }: { readonly targets: TokenArray; readonly context?: TokenPredictContext | undefined },
): Promise<Float64Array> {
  const { vocabSize, maskId } = denoiser;
  if (denoiser.logLikelihood) {
    const found = await denoiser.logLikelihood(noisy, targets, context);
    return Float64Array.from(found, (each, at) => (noisy.data[at] === maskId ? -each : 0));
  }
  const length = noisy.shape[1]!;
  const { logits } = await denoiser.predict(noisy, context);
  return Float64Array.from(noisy.data, (id, at) => {
    if (id !== maskId) return 0;
    const place = `[${Math.floor(at / length)}, ${at % length}]`;
    return -cleanLogProbability(logits, targets.data[at]!, {
      start: at * vocabSize,
      vocabSize,
      maskId,
      place,
    });
  });
}
