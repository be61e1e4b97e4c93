import { LabError } from '@lab/tensor-core/errors';
import { textTokenizer, type TextTokenizer } from '../tokenizer/tokenizer';

/** Pieces with their log-probabilities, unknown first; `null` where the published file lost one. */
export type PieceVocabulary = readonly (readonly [piece: string, score: number | null])[];

/** Entries that stand for no text: unknown, start, end and three spare ones. */
const reserved = 6;

/**
 * The SentencePiece unigram tokenizer (Kudo 2018) of the sentence encoder, from its published vocabulary: NFKC, spaces
 * made one, words that begin with U+2581, the most probable pieces.
 *
 * A score that the file has lost counts 0, as for the tokenizer published with it.
 *
 * @throws LabError `format` for what is not such a vocabulary
 * @example
 * const tokenizer = sentenceTokenizer(JSON.parse(await readFile('vocab.json', 'utf8')));
 */
export function sentenceTokenizer(vocabulary: PieceVocabulary): TextTokenizer {
  const given: unknown = vocabulary;
  if (!Array.isArray(given) || given.length <= reserved || !given.every(isPiece))
    throw new LabError('format', 'sentenceTokenizer: this is not a vocabulary of pieces', {
      argument: 'vocabulary',
      expected: 'a list of [piece, score]',
    });
  return textTokenizer(
    {
      added_tokens: [],
      normalizer: {
        type: 'Sequence',
        normalizers: [
          {
            type: 'Replace',
            pattern: { Regex: '[\\u0000-\\u0008\\u000B\\u000E-\\u001F\\u007F]' },
            content: '',
          },
          {
            type: 'Replace',
            pattern: { Regex: '[\\u200B\\u200E\\u200F\\u2581\\uFEFF\\uFFFD]' },
            content: ' ',
          },
          { type: 'NFKC' },
          { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
          { type: 'Strip', strip_left: true, strip_right: true },
        ],
      },
      pre_tokenizer: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: false },
      post_processor: null,
      decoder: { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'always', split: false },
      model: {
        type: 'Unigram',
        unk_id: 0,
        // What stands for no text gets a name that no text has: control characters are dropped above.
        vocab: vocabulary.map(([piece, score], id) => [
          id > 0 && id < reserved ? `\u0000${piece}` : piece,
          score ?? 0,
        ]),
      },
    },
    { padding: 0, maxLength: 128 },
  );
}

function isPiece(entry: unknown): boolean {
  return (
    Array.isArray(entry) && typeof entry[0] === 'string' && (entry[1] === null || Number.isFinite(entry[1]))
  );
}
