import { LabError } from '@lab/tensor-core/errors';
import { batchesOf, checkSequences, likelihoodOf, type SequenceSum } from './likelihood';
import type { CausalScorer, Likelihood, Sequences } from './types';

export interface CausalNllOptions {
  /** [count, length], 1 where a token is scored. @default all but the first of each sequence */
  readonly targets?: ArrayLike<number>;
  /** Sequences in one call of the model, at least 1. @default 32 */
  readonly batchSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The exact mean negative log-likelihood of an autoregressive model, a token. The first token of a sequence, which nothing
 * stands before, is never counted.
 *
 * @throws LabError `argument` when no token is counted, `numeric` when a value is not finite
 */
export async function causalNll(
  scorer: CausalScorer,
  sequences: Sequences,
  { targets, batchSize = 32, signal }: CausalNllOptions = {},
): Promise<Likelihood> {
  checkSequences(sequences, 'causalNll');
  const { length } = sequences;
  const sums: SequenceSum[] = [];
  let modelCalls = 0;
  for (const batch of batchesOf(sequences, batchSize)) {
    if (signal?.aborted) throw new LabError('aborted', 'causalNll: stopped', { cause: signal.reason });
    const logProbs = await scorer(batch);
    modelCalls++;
    for (let row = 0; row < batch.count; row++) {
      let [sum, tokens] = [0, 0];
      for (let i = 1; i < length; i++) {
        if (targets && !targets[(batch.start + row) * length + i]) continue;
        sum -= logProbs[row * length + i]!;
        tokens++;
      }
      sums.push({ sum, tokens });
    }
  }
  return likelihoodOf(sums, modelCalls);
}
