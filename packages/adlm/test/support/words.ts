import type { ReasoningItem, ReasoningVocabulary } from '../../src';

/** Words and line ends as ids from 5 on, in order of appearance. */
export function wordVocabulary(): ReasoningVocabulary & { words: string[]; size: () => number } {
  const words: string[] = [];
  return {
    words,
    size: () => words.length + 5,
    encode: (text) =>
      (text.match(/\n|###|[^\s.?]+/g) ?? []).map((word) => {
        if (!words.includes(word)) words.push(word);
        return words.indexOf(word) + 5;
      }),
    endOfText: 0,
    begin: 1,
    thought: 2,
    end: 3,
  };
}

export const item: ReasoningItem = {
  question: 'Is Tom a lempus',
  steps: ['Tom is a terpus.', 'Every terpus is a brimpus.', 'Every brimpus is a lempus.'],
  answer: 'Tom is a lempus',
};
