import { tf } from '@lab/tensor-core';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import type { Adlm } from '../model/adlm';
import type { AnchoredParams } from '../network/anchored-network';

/** The tokens that the anchor network holds for the likeliest, [batch, length] row-major; the mask is never one. */
export async function anchorGuesses(
  { network, maskId, vocabSize }: Pick<Adlm, 'network' | 'maskId' | 'vocabSize'>,
  params: AnchoredParams,
  tokens: TokenArray,
): Promise<Int32Array> {
  const guesses = tf.tidy(() => {
    const input = tf.tensor(tokens.data, [...tokens.shape], 'int32');
    const never = tf.mul(tf.oneHot(tf.scalar(maskId, 'int32'), vocabSize), -1e6);
    return tf.argMax(tf.add(network.anchorLogits(params, input), never), -1);
  });
  try {
    return Int32Array.from(await guesses.data());
  } finally {
    guesses.dispose();
  }
}

/**
 * When each token was decided: the first step from which on the guess was what the sequence ended with.
 *
 * @param history guesses before each step, first to last, all of one length
 * @param final the finished tokens
 * @returns the index of that step for each token; the number of steps where the last guess was another one
 * @example
 * decidedAt([Int32Array.of(1, 2), Int32Array.of(1, 5)], Int32Array.of(1, 5)); // [0, 1]
 */
export function decidedAt(history: readonly Int32Array[], final: Int32Array): Int32Array {
  return Int32Array.from(final, (token, place) => {
    let step = history.length;
    while (step > 0 && history[step - 1]![place] === token) step--;
    return step;
  });
}
