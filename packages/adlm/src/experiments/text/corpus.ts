import {
  splitDocuments,
  tokenChunks,
  trainBpe,
  type BpeTokenizer,
  type TextDocument,
} from '@lab/datasets/text';
import { loadMobyDick, loadStateOfTheUnion } from '@lab/datasets/node';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import { foldIn, type Key } from '@lab/tensor-core/random';

export interface Corpus {
  readonly tokenizer: BpeTokenizer;
  readonly train: TokenArray;
  readonly validation: TokenArray;
  /** The novel, which no model was trained on. */
  readonly novel: readonly TextDocument[];
  /** Sizes in words, for the report. */
  readonly sizes: string;
}

export interface CorpusOptions {
  readonly key: Key;
  readonly vocabSize: number;
  readonly length: number;
  /** Documents that are read; the latest are the most alike. */
  readonly documents: number;
  readonly validationChunks: number;
  readonly novelChapters: number;
}

/** State of the Union addresses as chunks of tokens, split by address, and Moby-Dick as another domain. */
export async function loadCorpus({
  key,
  vocabSize,
  length,
  documents,
  validationChunks,
  novelChapters,
}: CorpusOptions): Promise<Corpus> {
  const addresses = (await loadStateOfTheUnion()).documents.slice(-documents);
  const split = splitDocuments(addresses, { key: foldIn(key, 0), validation: 0.1 });
  const tokenizer = trainBpe(
    split.train.map(({ text }) => text),
    { vocabSize },
  );
  const chunked = (part: readonly TextDocument[], most = Infinity): TokenArray => {
    const { ids, count } = tokenChunks(part, { tokenizer, length });
    const kept = Math.min(count, most);
    // Spread over all documents, not the first of them alone.
    const data = new Int32Array(kept * length);
    for (let row = 0; row < kept; row++) {
      const from = Math.floor((row * count) / kept) * length;
      data.set(ids.subarray(from, from + length), row * length);
    }
    return { shape: [kept, length], data };
  };
  const train = chunked(split.train);
  const validation = chunked(split.validation, validationChunks);
  const novel = (await loadMobyDick()).documents.slice(2, 2 + novelChapters);
  return {
    tokenizer,
    train,
    validation,
    novel,
    sizes:
      `train: ${split.train.length} addresses, ${(train.shape[0]! * length).toLocaleString('en')} tokens; ` +
      `validation: ${split.validation.length} addresses, ${(validation.shape[0]! * length).toLocaleString('en')} tokens; ` +
      `zero-shot: ${novel.length} chapters of Moby-Dick`,
  };
}
