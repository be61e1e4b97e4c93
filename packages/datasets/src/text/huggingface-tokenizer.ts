import { LabError } from '@lab/tensor-core/errors';
import type { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { checkId, type Tokenizer } from './tokenizer';

export interface TokenizerJsonOptions {
  /** @default 'tokenizer.json' */
  readonly name?: string;
  /** What ends a document. @default the first of [SEP], </s>, <|endoftext|>, <eos> that there is */
  readonly eos?: string;
  /** What begins a sequence. @default the first of [CLS], <s>, <bos> that there is, otherwise as `eos` */
  readonly bos?: string;
  /** What is filled in. @default the first of [MASK], <mask> that there is, otherwise an id after all others */
  readonly mask?: string;
  /** @default the first of [UNK], <unk> that there is */
  readonly unknown?: string;
}

/**
 * A tokenizer from the content of a Hugging Face `tokenizer.json` (WordPiece, byte-pair encoding, Unigram), read by
 * the npm package `@huggingface/tokenizers`.
 *
 * @throws LabError `missing` when that package is not installed, `format` when the file cannot be read, `argument` for a
 * special token that the vocabulary lacks
 */
export async function tokenizerFromJson(
  json: string | object,
  { name = 'tokenizer.json', ...wanted }: TokenizerJsonOptions = {},
): Promise<Tokenizer> {
  const inner = await read(json, name);
  const size = [...inner.get_vocab().values()].reduce((most, id) => Math.max(most, id), -1) + 1;
  const find = (choice: string | undefined, usual: readonly string[]): number | undefined => {
    const id = (choice === undefined ? usual : [choice])
      .map((each) => inner.token_to_id(each))
      .find((each) => each !== undefined);
    if (id === undefined && choice !== undefined)
      throw new LabError('argument', `${name}: the vocabulary has no token ${choice}`, { received: choice });
    return id;
  };
  const eosId = find(wanted.eos, ['[SEP]', '</s>', '<|endoftext|>', '<eos>']);
  if (eosId === undefined)
    throw new LabError('argument', `${name}: no token that ends a text was found`, {
      argument: 'eos',
      hint: 'name it with { eos }',
    });
  const bosId = find(wanted.bos, ['[CLS]', '<s>', '<bos>']) ?? eosId;
  const maskId = find(wanted.mask, ['[MASK]', '<mask>']) ?? size;
  const unknownId = find(wanted.unknown, ['[UNK]', '<unk>']);
  const self = { name, vocabSize: Math.max(size, maskId + 1) };
  const token = (id: number): string => inner.id_to_token(checkId(id, self)) ?? '[MASK]';
  return {
    ...self,
    maskId,
    eosId,
    bosId,
    ...(unknownId !== undefined && { unknownId }),
    encode: (text) => Int32Array.from(inner.encode(text, { add_special_tokens: false }).ids),
    decode(ids) {
      const list = Array.from(ids, (id) => checkId(id, self));
      return inner.decode(
        list.filter((id) => id < size),
        { skip_special_tokens: false, clean_up_tokenization_spaces: false },
      );
    },
    token,
  };
}

async function read(json: string | object, name: string): Promise<HuggingFaceTokenizer> {
  let library: typeof import('@huggingface/tokenizers');
  try {
    library = await import('@huggingface/tokenizers');
  } catch (cause) {
    throw new LabError('missing', `${name}: @huggingface/tokenizers, which reads it, is not installed`, {
      argument: '@huggingface/tokenizers',
      hint: 'npm install @huggingface/tokenizers',
      cause,
    });
  }
  try {
    const content = (typeof json === 'string' ? JSON.parse(json) : json) as object;
    // The reader wants every part named, also those that a file leaves out.
    const parts = {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
    };
    return new library.Tokenizer({ ...parts, ...content }, {});
  } catch (cause) {
    throw new LabError('format', `${name}: not a tokenizer that can be read`, { cause });
  }
}
