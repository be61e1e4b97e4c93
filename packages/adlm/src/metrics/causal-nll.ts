import { likelihoodSummary, type Nelbo, type TokenArray } from '@lab/diffusion-core/discrete';
import { LabError } from '@lab/tensor-core/errors';

/**
 * What an autoregressive model says of sequences: for every place, row-major [batch, length], the log-probability (nats) of
 * the token there, given those before it. Whatever it says of the first place of a sequence is not counted.
 */
export type CausalScorer = (tokens: TokenArray) => ArrayLike<number> | Promise<ArrayLike<number>>;

export interface CausalNllOptions {
  /** 1 at tokens that count, row-major [batch, length]. @default all but the first of each sequence */
  readonly mask?: ArrayLike<number>;
  /** Sequences in one call of the model, at least 1. @default 32 */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The exact mean negative log-likelihood of an autoregressive model, as `nelbo` gives the bound of a diffusion model. The
 * first token of a sequence, which nothing stands before, never counts.
 *
 * @throws LabError `argument` when no token counts, `numeric` when a value is not finite, `aborted` by the signal
 */
export async function causalNll(
  scorer: CausalScorer,
  tokens: TokenArray,
  { mask, batchSize = 32, signal }: CausalNllOptions = {},
): Promise<Nelbo> {
  const [batch = 0, length = 0] = tokens.shape;
  const perSequence = new Float64Array(batch);
  const counted = new Float64Array(batch);
  let modelCalls = 0;
  for (let start = 0; start < batch; start += batchSize) {
    if (signal?.aborted) throw new LabError('aborted', 'causalNll: stopped', { cause: signal.reason });
    const data = tokens.data.slice(start * length, (start + batchSize) * length);
    const logProbs = await scorer({ shape: [data.length / length, length], data });
    modelCalls++;
    for (let at = 0; at < data.length; at++) {
      const row = start + Math.floor(at / length);
      if (at % length === 0 || (mask && !mask[start * length + at])) continue;
      perSequence[row]! -= logProbs[at]!;
      counted[row]!++;
    }
  }
  if (counted.every((each) => each === 0))
    throw new LabError('argument', 'causalNll: there is no token to be counted', { argument: 'mask' });
  const broken = perSequence.findIndex((each) => !Number.isFinite(each));
  if (broken >= 0)
    throw new LabError('numeric', `causalNll: the likelihood of sequence ${broken} is not finite`, {
      received: perSequence[broken],
    });
  return likelihoodSummary(perSequence, { counted, modelCalls });
}
