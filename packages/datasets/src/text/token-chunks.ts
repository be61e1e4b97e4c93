import { LabError } from '@lab/tensor-core/errors';
import type { Tokenizer } from './tokenizer';
import type { TextDocument } from './types';

/** Sequences of equal length, one after another. */
export interface TokenChunks {
  /** [count, length] row-major. */
  readonly ids: Int32Array;
  readonly count: number;
  readonly length: number;
  /** Tokens of the last chunk that was not full. */
  readonly dropped: number;
}

export interface TokenChunksOptions {
  readonly tokenizer: Tokenizer;
  /** Tokens of a chunk, at least 1, with wrapping at least 3. */
  readonly length: number;
  /**
   * Whether each chunk stands between `bosId` and `eosId`, as the published evaluations have it; perplexities with and
   * without differ.
   *
   * @default true
   */
  readonly wrap?: boolean;
  /** Whether `eosId` follows each document. @default true */
  readonly endDocuments?: boolean;
}

/**
 * Joins documents and cuts them into chunks: each document's tokens and `eosId`, all one after another, in pieces of
 * `length - 2` between `bosId` and `eosId`. It is done over the whole corpus at once, so that short documents are not lost
 * batch by batch.
 *
 * @throws LabError `argument` for a length that holds no token, or when there is not one full chunk
 */
export function tokenChunks(
  documents: readonly Pick<TextDocument, 'text'>[],
  { tokenizer, length, wrap = true, endDocuments = true }: TokenChunksOptions,
): TokenChunks {
  const inner = length - (wrap ? 2 : 0);
  if (!Number.isInteger(inner) || inner < 1)
    throw new LabError('argument', 'tokenChunks: a chunk holds at least one token of text', {
      argument: 'length',
      received: length,
      expected: `a whole number from ${wrap ? 3 : 1}`,
    });
  const parts = documents.map(({ text }) => tokenizer.encode(text));
  const total = parts.reduce((sum, part) => sum + part.length + (endDocuments ? 1 : 0), 0);
  const all = new Int32Array(total);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
    if (endDocuments) all[at++] = tokenizer.eosId;
  }
  const count = Math.floor(total / inner);
  if (count === 0)
    throw new LabError('argument', 'tokenChunks: the text is shorter than one chunk', {
      argument: 'length',
      received: `${total} tokens`,
      expected: `at least ${inner}`,
      hint: 'choose a smaller length, or give more text',
    });
  const ids = new Int32Array(count * length);
  for (let c = 0; c < count; c++) {
    const start = c * length;
    ids.set(all.subarray(c * inner, (c + 1) * inner), start + (wrap ? 1 : 0));
    if (wrap) [ids[start], ids[start + length - 1]] = [tokenizer.bosId, tokenizer.eosId];
  }
  return { ids, count, length, dropped: total - count * inner };
}
