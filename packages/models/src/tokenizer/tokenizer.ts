import { Tokenizer } from '@huggingface/tokenizers';
import { LabError } from '@lab/tensor-core/errors';
import { hostArray, type HostArray } from '@lab/tensor-core/io';
import { keptLengths, type Truncation } from './truncate';

/** A text, or two that belong together. */
export type TextInput = string | readonly [first: string, second: string];

export interface EncodeOptions {
  /** Most tokens of a text, special ones included; longer ones are cut at their end. @default the tokenizer's own, or none */
  readonly maxLength?: number | undefined;
  /** Which text of a pair is cut. @default 'longest_first' */
  readonly truncation?: Truncation;
  /** Length of all rows, or `longest` for that of the longest text. @default 'longest' */
  readonly padTo?: number | 'longest';
  /** Whether the special tokens of the tokenizer are added. @default true */
  readonly special?: boolean;
}

/** Texts as rows of tokens, [batch, length]; `treeFromHost` makes tensors of them. */
export interface EncodedTexts {
  readonly ids: HostArray<'int32'>;
  /** 1 for tokens of the text, 0 for padding. */
  readonly mask: HostArray<'int32'>;
  /** 0 for the first text of a pair and 1 for the second, where the tokenizer tells them apart; otherwise 0. */
  readonly types: HostArray<'int32'>;
}

export interface TextTokenizer {
  /** Number of tokens. */
  readonly size: number;
  /** The tokens of one text or pair, not padded. */
  ids(text: TextInput, options?: Omit<EncodeOptions, 'padTo'>): number[];
  /** Many texts or pairs as rows of one length. */
  encode(texts: readonly TextInput[], options?: EncodeOptions): EncodedTexts;
  /** The text of tokens. */
  decode(ids: readonly number[], options?: { readonly skipSpecial?: boolean }): string;
}

export interface TokenizerOptions {
  /** Token that fills up short texts. @default the file's own padding, or its token `<pad>` or `[PAD]` */
  readonly padding?: number | undefined;
  /** As in EncodeOptions, where a call says nothing. @default none */
  readonly maxLength?: number | undefined;
}

/**
 * A tokenizer from a published `tokenizer.json` (its parsed content), by `@huggingface/tokenizers`.
 *
 * @throws LabError `format` for what is not such a file
 * @example
 * const tokenizer = textTokenizer(JSON.parse(await readFile('tokenizer.json', 'utf8')), { maxLength: 512 });
 * const { ids, mask } = treeFromHost(tokenizer.encode(['a text', ['a question', 'its answer']]));
 */
export function textTokenizer(json: unknown, options: TokenizerOptions = {}): TextTokenizer {
  const tokenizer = open(json);
  const padding = options.padding ?? paddingOf(json, tokenizer);
  const row = (input: TextInput, given: EncodeOptions): Row =>
    encodeOne(tokenizer, input, { maxLength: options.maxLength, ...given }, tellsApart(json));

  return {
    size: tokenizer.model?.vocab.length ?? 0,
    ids: (text, given = {}) => row(text, given).ids,
    encode(texts, given = {}) {
      const rows = texts.map((text) => row(text, given));
      return asRows(rows, given.padTo ?? 'longest', padding);
    },
    decode: (ids, { skipSpecial = false } = {}) =>
      // The library refuses an empty list.
      ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: skipSpecial }),
  };
}

interface Row {
  readonly ids: number[];
  readonly types: readonly number[];
}

function encodeOne(
  tokenizer: Tokenizer,
  input: TextInput,
  { maxLength = Number.POSITIVE_INFINITY, truncation = 'longest_first', special = true }: EncodeOptions,
  typed: boolean,
): Row {
  const [first, second] = typeof input === 'string' ? [input, undefined] : input;
  const bare = (text: string): string[] => tokenizer.tokenize(text, { add_special_tokens: false });
  const [a, b] = [bare(first), second === undefined ? undefined : bare(second)];
  const processor = special ? tokenizer.post_processor : null;
  const added = processor ? processor([], b && [], true).tokens.length : 0;
  const room = maxLength - added;
  if (!(room >= 0) || (maxLength !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(maxLength)))
    throw new LabError('argument', 'encode: maxLength has no room for the special tokens', {
      argument: 'maxLength',
      expected: `a whole number from ${added}`,
      received: maxLength,
    });
  const [n, m] = keptLengths([a.length, b?.length ?? 0], room, truncation);
  const [x, y] = [a.slice(0, n), b?.slice(0, m)];
  const { tokens, token_type_ids } = processor
    ? processor(x, y, true)
    : { tokens: [...x, ...(y ?? [])], token_type_ids: undefined };
  return {
    ids: tokens.map((token) => idOf(tokenizer, token)),
    types: typed && token_type_ids ? token_type_ids : [],
  };
}

function idOf(tokenizer: Tokenizer, token: string): number {
  const id = tokenizer.token_to_id(token) ?? tokenizer.model?.unk_token_id;
  if (id !== undefined) return id;
  throw new LabError(
    'unsupported',
    'encode: a token is not in the vocabulary, which has none for unknown ones',
    {
      received: token,
    },
  );
}

function asRows(rows: readonly Row[], padTo: number | 'longest', padding: number | undefined): EncodedTexts {
  const longest = Math.max(0, ...rows.map(({ ids }) => ids.length));
  const length = padTo === 'longest' ? longest : padTo;
  if (!Number.isSafeInteger(length) || length < longest)
    throw new LabError('argument', 'encode: a text is longer than the rows', {
      argument: 'padTo',
      received: padTo,
      expected: `at least ${longest}`,
      hint: 'pass maxLength as well',
    });
  if (padding === undefined && rows.some(({ ids }) => ids.length < length))
    throw new LabError('argument', 'encode: the tokenizer has no token for padding', {
      argument: 'padding',
      hint: 'name one: textTokenizer(json, { padding })',
    });
  const shape = [rows.length, length];
  const filled = (value: number, of: (row: Row) => readonly number[]): HostArray<'int32'> => {
    const data = new Int32Array(rows.length * length).fill(value);
    rows.forEach((row, i) => data.set(of(row), i * length));
    return hostArray({ shape, dtype: 'int32', data });
  };
  return {
    ids: filled(padding ?? 0, ({ ids }) => ids),
    mask: filled(0, ({ ids }) => ids.map(() => 1)),
    types: filled(0, ({ types }) => types),
  };
}

function open(json: unknown): Tokenizer {
  try {
    // Without this the library tidies up spaces before punctuation, so that decoding would not give the text back.
    return new Tokenizer(json as object, { clean_up_tokenization_spaces: false });
  } catch (cause) {
    throw new LabError('format', 'textTokenizer: this is not the content of a tokenizer.json', {
      argument: 'json',
      received: cause instanceof Error ? cause.message : cause,
      cause,
    });
  }
}

/** The library numbers the second text 1 for RoBERTa too, which has one kind of segment; the published one does not. */
function tellsApart(json: unknown): boolean {
  return (json as { post_processor?: { type?: string } | null }).post_processor?.type !== 'RobertaProcessing';
}

function paddingOf(json: unknown, tokenizer: Tokenizer): number | undefined {
  const { padding } = json as { readonly padding?: { readonly pad_id?: number } | null };
  return padding?.pad_id ?? tokenizer.token_to_id('<pad>') ?? tokenizer.token_to_id('[PAD]');
}
