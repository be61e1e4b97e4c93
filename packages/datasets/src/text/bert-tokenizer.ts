import { LabError } from '@lab/tensor-core/errors';
import { tokenizerFromJson } from './huggingface-tokenizer';
import type { Tokenizer } from './tokenizer';

/**
 * BERT's WordPiece of lower-case words without accents: `[UNK]` 100, `[CLS]` 101, `[SEP]` 102 and `[MASK]` 103 with
 * the published vocabulary of 30,522 pieces. In Node `loadBertTokenizer` of `@lab/datasets/node` brings that along.
 *
 * @param vocabulary pieces in the order of their ids, those inside a word with `##` before them
 * @throws LabError `argument` when a special piece is missing, `missing` without `@huggingface/tokenizers`
 */
export async function bertTokenizer(vocabulary: readonly string[]): Promise<Tokenizer> {
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  const ids = new Map(vocabulary.map((piece, id) => [piece, id]));
  const absent = specials.filter((each) => !ids.has(each));
  if (absent.length > 0)
    throw new LabError('argument', 'bertTokenizer: the vocabulary lacks special pieces', {
      argument: 'vocabulary',
      received: `${vocabulary.length} pieces without ${absent.join(', ')}`,
    });
  return tokenizerFromJson(
    {
      version: '1.0',
      added_tokens: specials.map((content) => ({ id: ids.get(content), content, special: true })),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(ids),
      },
    },
    { name: 'bert' },
  );
}
