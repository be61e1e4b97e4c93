import { LabError } from '@lab/tensor-core/errors';

/**
 * Text to token ids and back. Ids lie in [0, vocabSize); the mask, which masked diffusion fills in, is one of them and
 * never comes out of `encode`.
 */
export interface Tokenizer {
  readonly name: string;
  /** Ids in all, the mask and the other special ones included. */
  readonly vocabSize: number;
  readonly maskId: number;
  /** What ends a document. */
  readonly eosId: number;
  /** What begins a sequence; for GPT-2 the same id as `eosId`. */
  readonly bosId: number;
  /** What stands for a character or word that the vocabulary lacks, where there is one. */
  readonly unknownId?: number;
  /** Ids of a text, without special ones. */
  encode(text: string): Int32Array;
  /** The text of ids; special ones are shown as `[MASK]`, `[EOS]` and the like. */
  decode(ids: ArrayLike<number>): string;
  /** How one id is shown on its own. */
  token(id: number): string;
}

/** @throws LabError `argument` for an id that is no whole number of [0, vocabSize) */
export function checkId(id: number, { name, vocabSize }: Pick<Tokenizer, 'name' | 'vocabSize'>): number {
  if (Number.isInteger(id) && id >= 0 && id < vocabSize) return id;
  throw new LabError('argument', `${name}: there is no such token id`, {
    argument: 'id',
    received: id,
    expected: `a whole number from 0 to ${vocabSize - 1}`,
  });
}
