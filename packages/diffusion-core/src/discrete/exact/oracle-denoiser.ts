import { LabError } from '@lab/tensor-core/errors';
import type { TokenArray, TokenDenoiser } from '../types';
import { assertTokens } from '../validate';

export interface JointTable {
  /** Number of real tokens; the mask's id is this number. */
  readonly tokens: number;
  readonly length: number;
  /** The probability of every sequence, the last place fastest: [tokens ** length], of sum 1. */
  readonly probabilities: ArrayLike<number>;
}

/**
 * The exact denoiser of a distribution that is written out: at every masked place the conditional law of its token given
 * all that is visible, in double precision. With it bounds are tight and samplers are right up to their own error, which
 * is what they are tested against.
 *
 * Where nothing visible has positive probability, all tokens are equally likely.
 *
 * @example
 * const coin = oracleDenoiser({ tokens: 2, length: 1, probabilities: [0.3, 0.7] });
 */
export function oracleDenoiser(table: JointTable): TokenDenoiser & { readonly table: JointTable } {
  const { tokens: count, length, probabilities } = table;
  const total = Array.from(probabilities).reduce((sum, each) => sum + (each >= 0 ? each : Number.NaN), 0);
  if (probabilities.length !== count ** length || !(Math.abs(total - 1) < 1e-9))
    throw new LabError('argument', 'a joint table holds one probability a sequence, of sum 1', {
      argument: 'probabilities',
      expected: `${count ** length} numbers of sum 1`,
      received: `${probabilities.length} numbers of sum ${total}`,
    });
  const support = Array.from({ length: probabilities.length }, (_, index) => index).filter(
    (index) => probabilities[index]! > 0,
  );
  const sequences = support.map((index) => sequenceAt(index, count, length));
  const vocabSize = count + 1;

  return {
    table,
    vocabSize,
    maskId: count,
    maxLength: length,
    timeConditioned: false,
    predict(tokens: TokenArray) {
      assertTokens(tokens, vocabSize);
      if (tokens.shape[1] !== length)
        throw new LabError('shape', 'the table is of sequences of another length', {
          expected: length,
          received: tokens.shape,
        });
      const logits = new Float64Array(tokens.data.length * vocabSize);
      for (let row = 0; row < tokens.shape[0]!; row++) {
        const seen = tokens.data.subarray(row * length, (row + 1) * length);
        const mass = new Float64Array(length * vocabSize);
        for (const [i, sequence] of sequences.entries()) {
          if (sequence.some((id, place) => seen[place] !== count && seen[place] !== id)) continue;
          for (const [place, id] of sequence.entries())
            mass[place * vocabSize + id]! += probabilities[support[i]!]!;
        }
        const isKnown = mass.some((each) => each > 0);
        for (const [i, each] of mass.entries())
          logits[row * mass.length + i] = isKnown ? Math.log(each) : i % vocabSize === count ? -Infinity : 0;
      }
      return { logits };
    },
  };
}

/** The sequence of a table's index, the last place fastest. */
export function sequenceAt(index: number, tokens: number, length: number): number[] {
  return Array.from({ length }, (_, place) => Math.floor(index / tokens ** (length - 1 - place)) % tokens);
}
