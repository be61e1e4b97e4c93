import type { TokenArray } from '@lab/diffusion-core/discrete';

const times = ['today', 'again', 'later'];
const kinds = ['small', 'old', 'quick'];
/** Who does what to what: any one of the three says the other two. */
const deeds = [
  ['cat', 'drinks', 'milk'],
  ['dog', 'fetches', 'stick'],
  ['bird', 'builds', 'nest'],
  ['fox', 'steals', 'hen'],
  ['bee', 'finds', 'flower'],
  ['spider', 'weaves', 'web'],
] as const;

/** Opens every sentence. Places are known from their distances alone, so something must say where the beginning is. */
export const opening = '\u00b6';

/** All 54 sentences of a small language: an opening and seven words each. */
export const sentences: readonly (readonly string[])[] = times.flatMap((time) =>
  kinds.flatMap((kind) =>
    deeds.map(([who, does, what]) => [opening, time, 'the', kind, who, does, 'the', what]),
  ),
);

export const length = 8;
export const words: readonly string[] = [...new Set(sentences.flat())];
/** The words that carry the content. */
export const contentWords: readonly string[] = deeds.flat();

export const idOf = (word: string): number => words.indexOf(word);

/** [54, 8] */
export const tokens: TokenArray = {
  shape: [sentences.length, length],
  data: Int32Array.from(sentences.flat(), idOf),
};

const known = new Set(sentences.map((sentence) => sentence.join(' ')));

/** Whether the language has the sentence. */
export const isSentence = (sentence: readonly (string | null)[]): boolean => known.has(sentence.join(' '));
