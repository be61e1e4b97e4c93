import { tokenChunks, type TextDocument, type Tokenizer } from '@lab/datasets/text';
import { causalNll } from './causal-nll';
import { nelbo, type NelboOptions } from './nelbo';
import type { CausalScorer, Likelihood, MaskedScorer, Sequences } from './types';

export interface ZeroShotOptions {
  readonly tokenizer: Tokenizer;
  /** Tokens of a chunk, the model's length. */
  readonly length: number;
  /** Whether each chunk stands between begin and end tokens, which then count too. @default true */
  readonly wrap?: boolean;
  /** Undoes the corpus's tokenised spacing. @default nothing */
  readonly detokenize?: (text: string) => string;
  /** Scores at most so many chunks, the first. @default all */
  readonly maxChunks?: number;
}

export interface ZeroShotResult extends Likelihood {
  readonly chunks: number;
  /** Tokens of the last chunk that was not full, which are not scored. */
  readonly dropped: number;
}

/**
 * The perplexity on texts of another domain, without tuning (section 3.10): documents end with an end token, are joined over
 * the whole corpus, cut into chunks, and all positions of a chunk count.
 */
export async function zeroShotNelbo(
  scorer: MaskedScorer,
  documents: readonly TextDocument[],
  {
    samples,
    key,
    estimator,
    batchSize,
    signal,
    ...options
  }: ZeroShotOptions & Omit<NelboOptions, 'maskId' | 'targets'>,
): Promise<ZeroShotResult> {
  const { sequences, ...counts } = zeroShotChunks(documents, options);
  const { maskId } = options.tokenizer;
  const bound = await nelbo(scorer, sequences, {
    maskId,
    key,
    signal,
    ...(estimator && { estimator }),
    ...(samples !== undefined && { samples }),
    ...(batchSize !== undefined && { batchSize }),
  });
  return { ...bound, ...counts };
}

/** As `zeroShotNelbo`, for an autoregressive model: the same chunks, of which the first token does not count. */
export async function zeroShotNll(
  scorer: CausalScorer,
  documents: readonly TextDocument[],
  { signal, ...options }: ZeroShotOptions & { readonly signal?: AbortSignal },
): Promise<ZeroShotResult> {
  const { sequences, ...counts } = zeroShotChunks(documents, options);
  return { ...(await causalNll(scorer, sequences, { signal })), ...counts };
}

function zeroShotChunks(
  documents: readonly TextDocument[],
  { tokenizer, length, wrap, detokenize, maxChunks = Infinity }: ZeroShotOptions,
): { sequences: Sequences; chunks: number; dropped: number } {
  const texts = detokenize ? documents.map(({ text }) => ({ text: detokenize(text) })) : documents;
  const { ids, count, dropped } = tokenChunks(texts, {
    tokenizer,
    length,
    ...(wrap !== undefined && { wrap }),
  });
  const chunks = Math.min(count, maxChunks);
  return { sequences: { ids: ids.subarray(0, chunks * length), count: chunks, length }, chunks, dropped };
}
