import { LabError } from '@lab/tensor-core/errors';
import { textTokenizer, type TextTokenizer } from './tokenizer';

export interface ClipTokenizerFiles {
  /** Content of `vocab.json`: numbers by token. */
  readonly vocabulary: Readonly<Record<string, number>>;
  /** Content of `merges.txt`, or its pairs, such as `'c at</w>'`. */
  readonly merges: string | readonly string[];
}

export interface ClipTokenizerOptions {
  /** Most tokens of a text, both ends included. @default 77 */
  readonly maxLength?: number;
  /** Fills up short texts: `<|endoftext|>` in CLIP and Stable Diffusion 1, `!` in Stable Diffusion 2. @default '<|endoftext|>' */
  readonly padding?: string;
}

const [begin, end] = ['<|startoftext|>', '<|endoftext|>'];
/** What CLIP takes for a word: its two special tokens, English endings, letters, one figure, or signs. */
const words = `<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+`;

/**
 * CLIP's tokenizer (Radford et al. 2021) from the two files of folders that have no `tokenizer.json`, as those of Stable Diffusion:
 * lower case, byte-level pairs whose last one ends with `</w>`, and both ends of the text marked.
 *
 * @throws LabError `format` for a vocabulary without CLIP's special tokens or the padding
 * @example
 * const tokenizer = clipTokenizer({ vocabulary: JSON.parse(vocab), merges });
 * const { ids } = tokenizer.encode(['a photograph of a cat'], { padTo: 77 });
 */
export function clipTokenizer(
  { vocabulary, merges }: ClipTokenizerFiles,
  { maxLength = 77, padding = end }: ClipTokenizerOptions = {},
): TextTokenizer {
  const [first, last, filler] = [begin, end, padding].map((token) => {
    if (Object.hasOwn(vocabulary, token)) return vocabulary[token]!;
    throw new LabError('format', `clipTokenizer: the vocabulary has no token ${token}`, {
      argument: 'vocabulary',
      received: `${Object.keys(vocabulary).length} tokens`,
      expected: "CLIP's vocab.json",
    });
  }) as [number, number, number];
  const pairs = typeof merges === 'string' ? merges.split('\n') : merges;
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [begin, end].map((content, i) => ({
      id: [first, last][i]!,
      content,
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: words }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [end, last],
      cls: [begin, first],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: end,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      vocab: vocabulary,
      merges: pairs.filter((pair) => pair.trim() !== '' && !pair.startsWith('#version')),
    },
  };
  return textTokenizer(json, { padding: filler, maxLength });
}
