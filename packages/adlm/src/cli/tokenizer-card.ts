import { loadBertTokenizer } from '@lab/datasets/node';
import {
  bpeTokenizer,
  byteTokenizer,
  characterTokenizer,
  gpt2Tokenizer,
  tokenizerFromJson,
  trainBpe,
  type TextDocument,
  type Tokenizer,
} from '@lab/datasets/text';
import { LabError } from '@lab/tensor-core/errors';
import * as z from 'zod';

const id = z.number().int().nonnegative();

/** A tokenizer as a model folder keeps it: all that is needed to make it again. */
export const tokenizerCardSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('bpe'), merges: z.array(z.tuple([id, id])) }),
  z.object({ kind: z.literal('character'), alphabet: z.array(z.string()) }),
  z.object({ kind: z.literal('byte') }),
  z.object({ kind: z.literal('gpt2') }),
  z.object({ kind: z.literal('bert') }),
  z.object({ kind: z.literal('json'), json: z.record(z.string(), z.unknown()) }),
]);

export type TokenizerCard = z.infer<typeof tokenizerCardSchema>;

export interface NewTokenizerOptions {
  readonly vocabSize: number;
  /** What a vocabulary is learned from. */
  readonly documents: readonly TextDocument[];
  /** Reads a file of the user's. */
  readonly read: (path: string) => Promise<string>;
}

/** The card of a tokenizer by its name on the command line, learned from the documents where it is to be learned. */
export async function newTokenizerCard(
  name: string,
  { vocabSize, documents, read }: NewTokenizerOptions,
): Promise<TokenizerCard> {
  const texts = documents.map(({ text }) => text);
  switch (name) {
    case 'bpe':
      return { kind: 'bpe', merges: trainBpe(texts, { vocabSize }).merges.map(([a, b]) => [a, b]) };
    case 'character':
      return { kind: 'character', alphabet: [...characterTokenizer(texts.join('')).alphabet] };
    case 'byte':
    case 'gpt2':
    case 'bert':
      return { kind: name };
    default: {
      if (!name.endsWith('.json'))
        throw new LabError('argument', `there is no tokenizer ${name}`, {
          argument: 'tokenizer',
          received: name,
          expected: 'bpe, character, byte, gpt2, bert or a path to a tokenizer.json',
        });
      return { kind: 'json', json: JSON.parse(await read(name)) as Record<string, unknown> };
    }
  }
}

export async function tokenizerOf(card: TokenizerCard): Promise<Tokenizer> {
  switch (card.kind) {
    case 'bpe':
      return bpeTokenizer(card.merges);
    case 'character':
      return characterTokenizer(card.alphabet);
    case 'byte':
      return byteTokenizer();
    case 'gpt2':
      return gpt2Tokenizer();
    case 'bert':
      return loadBertTokenizer();
    case 'json':
      return tokenizerFromJson(card.json);
  }
}
