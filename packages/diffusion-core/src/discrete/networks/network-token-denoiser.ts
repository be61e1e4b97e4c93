import { tf, type Tensor } from '@lab/tensor-core';
import { networkRunner } from '../../networks/network-runner';
import type { TokenArray, TokenDenoiser, TokenPredictContext } from '../types';
import { assertTokens } from '../validate';
import { maskedTokenLoss } from './subs';

/** Any network that maps token ids [batch, length] to logits [batch, length, vocabSize]. */
export interface TokenNetwork<Params> {
  /** `totalNoise` is [batch], for networks that are told of the noise level. */
  apply(params: Params, tokens: Tensor, inputs?: { readonly totalNoise?: Tensor | undefined }): Tensor;
}

export interface NetworkTokenDenoiserOptions {
  readonly vocabSize: number;
  readonly maskId: number;
  /** The longest sequence it was made for. @default any */
  readonly maxLength?: number | undefined;
  /** Whether the network reads the total noise. @default false */
  readonly timeConditioned?: boolean;
}

/**
 * A trained network as a denoiser of tokens. It holds no tensor of its own: `params` stay the caller's, and must live as
 * long as it is used. Its calls run op by op or compiled, as those of `networkDenoiser`.
 *
 * @example
 * const denoiser = networkTokenDenoiser(network, average, { vocabSize, maskId });
 */
export function networkTokenDenoiser<Params>(
  network: TokenNetwork<Params>,
  params: Params,
  { vocabSize, maskId, maxLength, timeConditioned = false }: NetworkTokenDenoiserOptions,
): TokenDenoiser {
  const told = (noise: Tensor) => (timeConditioned ? { totalNoise: noise } : undefined);
  const logits = networkRunner<Params, undefined>({
    apply: (weights, x, noise) => network.apply(weights, x, told(noise)),
  });
  const likelihoods = networkRunner<Params, Tensor>({
    apply(weights, noisy, noise, tokens) {
      const output = network.apply(weights, noisy, told(noise));
      return tf.neg(maskedTokenLoss(output, { tokens: tokens!, noisy, maskId }));
    },
  });
  const upload = (tokens: TokenArray): Tensor => tf.tensor(tokens.data, [...tokens.shape], 'int32');
  const checked = (tokens: TokenArray): TokenArray => {
    assertTokens(tokens, vocabSize);
    return tokens;
  };
  const download = async (result: Tensor): Promise<Float32Array> => {
    try {
      return (await result.data()) as Float32Array;
    } finally {
      result.dispose();
    }
  };
  return {
    vocabSize,
    maskId,
    maxLength,
    timeConditioned,
    async predict(tokens, { totalNoise = 0, ...context }: TokenPredictContext = {}) {
      const x = upload(checked(tokens));
      try {
        const given = { params, x, t: totalNoise, condition: undefined };
        return { logits: await download(logits.call(given, context)) };
      } finally {
        x.dispose();
      }
    },
    async logLikelihood(tokens, targets, { totalNoise = 0, ...context }: TokenPredictContext = {}) {
      const [x, condition] = [upload(checked(tokens)), upload(checked(targets))];
      try {
        return await download(likelihoods.call({ params, x, t: totalNoise, condition }, context));
      } finally {
        tf.dispose([x, condition]);
      }
    },
    dispose() {
      logits.dispose();
      likelihoods.dispose();
    },
  };
}
