import { LabError } from '@lab/tensor-core/errors';
import type { ReasoningVocabulary } from '../../acot/example';

export interface WordVocabulary extends ReasoningVocabulary {
  readonly size: number;
  decode(ids: readonly number[]): string;
}

const pattern = /[\p{L}\p{N}]+|#+|\n|[^\s]/gu;
const special = ['[EOS]', '[BOA]', '[ANT]', '[EOA]'] as const;

/** One id a word, sign or new line of the texts, after the four special ones. */
export function wordVocabulary(texts: Iterable<string>): WordVocabulary {
  const words = new Set<string>(['\n', '###']);
  for (const text of texts) for (const [word] of text.matchAll(pattern)) words.add(word);
  const list = [...special, ...[...words].sort()];
  const ids = new Map(list.map((word, id) => [word, id]));
  return {
    size: list.length,
    endOfText: 0,
    begin: 1,
    thought: 2,
    end: 3,
    encode(text) {
      return [...text.matchAll(pattern)].map(([word]) => {
        const id = ids.get(word);
        if (id !== undefined) return id;
        throw new LabError('argument', `the vocabulary has no word ${word}`, { received: word });
      });
    },
    decode: (own) =>
      own
        .map((id) => list[id]!)
        .join(' ')
        .replaceAll(/ ([.?])/g, '$1'),
  };
}
