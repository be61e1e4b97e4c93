import type { Tokenizer } from '@lab/datasets/text';
import { LabError } from '@lab/tensor-core/errors';
import type { CausalScorer } from './causal-nll';

export interface GenerativePerplexityOptions {
  /** What ends a text for the evaluator. */
  readonly eosId: number;
  /** Tokens that the evaluator sees at once; longer samples are evaluated in parts. @default 1024 */
  readonly maxLength?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface GenerativePerplexity {
  /** exp of the mean negative log-likelihood over the counted tokens of all samples together. */
  readonly perplexity: number;
  readonly tokens: number;
  /** Mean entropy of the samples' token histograms, nats: a low perplexity with a low entropy is repetition. */
  readonly entropy: number;
}

/**
 * The perplexity of samples under another model. The first end-of-text of a sample counts, later ones do not; nor does the
 * first token. All samples are evaluated, one call each.
 *
 * @param samples token ids of the evaluator; see `retokenize` for a model with another vocabulary
 * @throws LabError `argument` when no token counts, `numeric` when the evaluator's value is not finite
 */
export async function generativePerplexity(
  evaluator: CausalScorer,
  samples: readonly Int32Array[],
  { eosId, maxLength = 1024, signal }: GenerativePerplexityOptions,
): Promise<GenerativePerplexity> {
  let [sum, tokens] = [0, 0];
  for (const sample of samples) {
    for (let start = 0; start < sample.length; start += maxLength) {
      if (signal?.aborted)
        throw new LabError('aborted', 'generativePerplexity: stopped', { cause: signal.reason });
      const ids = sample.subarray(start, start + maxLength);
      if (ids.length < 2) continue;
      const counted = countedPositions(ids, eosId);
      const logProbs = await evaluator({ shape: [1, ids.length], data: ids });
      counted.forEach((counts, position) => {
        if (!counts) return;
        sum -= logProbs[position]!;
        tokens++;
      });
    }
  }
  if (tokens === 0)
    throw new LabError('argument', 'generativePerplexity: no sample has a token that counts', {
      argument: 'samples',
      received: samples.length,
    });
  if (!Number.isFinite(sum))
    throw new LabError('numeric', "generativePerplexity: the evaluator's log-probabilities are not finite", {
      received: sum,
    });
  return { perplexity: Math.exp(sum / tokens), tokens, entropy: meanTokenEntropy(samples) };
}

/** Which positions of a sample count: what is no end of text, and the first end of text; never the first position. */
export function countedPositions(ids: ArrayLike<number>, eosId: number): boolean[] {
  let ends = 0;
  return Array.from(ids, (id, position) => {
    if (id === eosId) ends++;
    return position > 0 && (id !== eosId || ends === 1);
  });
}

/** Samples of one model as ids of another: their text, encoded anew. */
export function retokenize(
  samples: readonly Int32Array[],
  { from, to }: { readonly from: Tokenizer; readonly to: Tokenizer },
): Int32Array[] {
  return samples.map((sample) =>
    to.encode(from.decode([...sample].filter((id) => id !== from.maskId && id !== from.eosId))),
  );
}

/** Entropy in nats of the histogram of a sample's tokens, at most the logarithm of its length. */
export function tokenEntropy(ids: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (const id of Array.from(ids)) counts.set(id, (counts.get(id) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / ids.length) * Math.log(count / ids.length),
    0,
  );
}

/** The mean over samples of `tokenEntropy`. */
export function meanTokenEntropy(samples: readonly ArrayLike<number>[]): number {
  return samples.reduce((sum, sample) => sum + tokenEntropy(sample), 0) / samples.length;
}
