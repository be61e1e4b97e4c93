import { tf } from '@lab/tensor-core';
import { crossEntropy, withoutMask, type TokenArray } from '@lab/diffusion-core/discrete';
import type { CausalLanguageModel } from '../autoregressive/causal-model';
import { shifted } from '../autoregressive/causal-batch';
import type { CausalScorer } from './causal-nll';

/**
 * An autoregressive model as an evaluator of texts. The weights stay the caller's.
 *
 * @example
 * const { perplexity } = await generativePerplexity(causalScorer(model, params), samples, { eosId });
 */
export function causalScorer<Params>(
  model: Pick<CausalLanguageModel<Params>, 'nextLogits' | 'maskId' | 'start'>,
  params: Params,
): CausalScorer {
  return async (tokens) => {
    const { batch, places, inputs, targets } = shifted(tokens, model);
    const logProbs = tf.tidy(() => {
      const logits = model.nextLogits(params, tf.tensor2d(inputs, [batch, places], 'int32'));
      return tf.neg(
        crossEntropy(withoutMask(logits, model.maskId), tf.tensor2d(targets, [batch, places], 'int32')),
      );
    });
    try {
      const found = await logProbs.data();
      const length = tokens.shape[1]!;
      const skipped = length - places;
      return Float64Array.from(tokens.data, (_, at) => {
        const place = (at % length) - skipped;
        return place < 0 ? Number.NaN : found[Math.floor(at / length) * places + place]!;
      });
    } finally {
      logProbs.dispose();
    }
  };
}

/**
 * The last states of an autoregressive model at the last token of each text, [batch, width] row-major: features for
 * `mauve`. The weights stay the caller's.
 */
export async function lastStates<Params>(
  model: Pick<CausalLanguageModel<Params>, 'features'>,
  params: Params,
  tokens: TokenArray,
): Promise<{ readonly shape: readonly number[]; readonly data: Float64Array }> {
  const last = tf.tidy(() => {
    const states = model.features(
      params,
      tf.tensor2d(tokens.data, tokens.shape as [number, number], 'int32'),
    );
    const [batch, length, width] = states.shape as [number, number, number];
    return tf.reshape(tf.slice(states, [0, length - 1, 0], [batch, 1, width]), [batch, width]);
  });
  try {
    return { shape: last.shape, data: Float64Array.from(await last.data()) };
  } finally {
    last.dispose();
  }
}
