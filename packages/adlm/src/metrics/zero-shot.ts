import { tokenChunks, type TextDocument, type Tokenizer } from '@lab/datasets/text';
import type { Nelbo, TokenArray } from '@lab/diffusion-core/discrete';

export interface ZeroShotOptions {
  readonly tokenizer: Tokenizer;
  /** Tokens of a chunk, the model's length. */
  readonly length: number;
  /** Whether each chunk stands between begin and end tokens, which then count too. @default true */
  readonly wrap?: boolean;
  /** Undoes the corpus's tokenised spacing, such as `detokenizers.wikitext`. @default nothing */
  readonly detokenize?: (text: string) => string;
  /** Scores at most so many chunks, the first. @default all */
  readonly maxChunks?: number;
}

export interface ZeroShotResult extends Nelbo {
  readonly chunks: number;
  /** Tokens of the last chunk that was not full, which are not scored. */
  readonly dropped: number;
}

/**
 * The perplexity on texts of another domain, without tuning (Table 4): documents end with an end token, are joined over
 * the whole corpus, cut into chunks, and every place that `score` counts does. Perplexities are comparable between runs with
 * the same tokenizer, length and wrapping.
 *
 * @param score `nelbo` of a diffusion model or `causalNll` of an autoregressive one
 * @example
 * await zeroShot((tokens) => nelbo(denoiser, tokens, { key: key(0) }), documents, { tokenizer, length: 128 });
 */
export async function zeroShot(
  score: (tokens: TokenArray) => Promise<Nelbo>,
  documents: readonly Pick<TextDocument, 'text'>[],
  { tokenizer, length, wrap = true, detokenize, maxChunks = Infinity }: ZeroShotOptions,
): Promise<ZeroShotResult> {
  const texts = detokenize ? documents.map(({ text }) => ({ text: detokenize(text) })) : documents;
  const { ids, count, dropped } = tokenChunks(texts, { tokenizer, length, wrap });
  const chunks = Math.min(count, maxChunks);
  const data = ids.slice(0, chunks * length);
  return { ...(await score({ shape: [chunks, length], data })), chunks, dropped };
}
