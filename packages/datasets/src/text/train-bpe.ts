import { LabError } from '@lab/tensor-core/errors';
import { bpeTokenizer, countPieces, pairKey, type BpeTokenizer, type Merge } from './bpe-tokenizer';

interface Word {
  ids: number[];
  readonly count: number;
}

/**
 * Learns a byte-pair vocabulary from texts (Sennrich et al. 2016, over bytes): the most frequent pair of neighbours inside
 * a word becomes one id, until there are `vocabSize`. Of equally frequent pairs the one with the lower ids is taken.
 *
 * @throws LabError `argument` for a size below 258
 */
export function trainBpe(
  texts: Iterable<string>,
  {
    vocabSize,
  }: {
    /** Ids in all: 256 bytes, merges, `[EOS]` and `[MASK]`; fewer where the texts have no more pairs. */
    readonly vocabSize: number;
  },
): BpeTokenizer {
  if (!Number.isInteger(vocabSize) || vocabSize < 258)
    throw new LabError('argument', 'trainBpe: a byte vocabulary has at least 258 ids', {
      argument: 'vocabSize',
      received: vocabSize,
      expected: 'a whole number from 258',
    });
  const words: Word[] = [...countPieces(texts)].map(([piece, count]) => ({
    ids: [...new TextEncoder().encode(piece)],
    count,
  }));
  const pairs = new Map<number, { count: number; words: Set<Word> }>();
  const account = (word: Word, sign: 1 | -1): void => {
    for (let i = 0; i + 1 < word.ids.length; i++) {
      const pair = pairKey(word.ids[i]!, word.ids[i + 1]!);
      let entry = pairs.get(pair);
      if (!entry) pairs.set(pair, (entry = { count: 0, words: new Set() }));
      entry.count += sign * word.count;
      if (sign > 0) entry.words.add(word);
    }
  };
  for (const word of words) account(word, 1);
  const merges: Merge[] = [];
  while (merges.length + 258 < vocabSize) {
    let [best, most] = [-1, 0];
    for (const [pair, { count }] of pairs)
      if (count > most || (count === most && count > 0 && pair < best)) [best, most] = [pair, count];
    if (best < 0) break;
    const merge: Merge = [Math.floor(best / 2 ** 24), best % 2 ** 24];
    for (const word of pairs.get(best)!.words) {
      account(word, -1);
      word.ids = join(word.ids, merge, 256 + merges.length);
      account(word, 1);
    }
    pairs.delete(best);
    merges.push(merge);
  }
  return bpeTokenizer(merges);
}

function join(ids: readonly number[], [left, right]: Merge, joined: number): number[] {
  const made: number[] = [];
  for (let i = 0; i < ids.length; i++) {
    const isPair = ids[i] === left && ids[i + 1] === right;
    made.push(isPair ? joined : ids[i]!);
    if (isPair) i++;
  }
  return made;
}
