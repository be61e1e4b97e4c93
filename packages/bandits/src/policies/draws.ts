import { bits, foldIn, type Key } from '@lab/tensor-core/random';
import { normalFromWord } from './ziggurat';

/** A stream of random numbers of one key: the same key gives the same stream. */
export interface Draws {
  /** Standard normal. */
  readonly normal: () => number;
  /** Uniform in (0, 1), on a grid of 2^-32. */
  readonly uniform: () => number;
}

const firstBlock = 64;
const largestBlock = 8192;

/**
 * The stream of a key, drawn in blocks that double in length: a single number costs little, a million cost a few
 * nanoseconds each.
 */
export function drawsOf(key: Key): Draws {
  let block = 0;
  let words: Uint32Array = new Uint32Array(0);
  let at = 0;
  const word = (): number => {
    if (at === words.length) {
      words = bits(foldIn(key, block), Math.min(firstBlock * 2 ** block, largestBlock));
      block++;
      at = 0;
    }
    return words[at++]!;
  };
  return { normal: () => normalFromWord(word), uniform: () => (word() + 0.5) * 2 ** -32 };
}
