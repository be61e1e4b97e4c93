import { tf } from '@lab/tensor-core';
import type { TokenArray } from '@lab/diffusion-core/discrete';
import type { CausalLanguageModel } from '../autoregressive/causal-model';

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
