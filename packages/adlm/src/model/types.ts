import type { Key, Tensor } from '@lab/tensor-core';
import type {
  Nelbo,
  NelboOptions,
  SampleTokensOptions,
  SampleTokensResult,
  TokenArray,
  TokenDenoiser,
} from '@lab/diffusion-core/discrete';

export interface BatchOptions {
  readonly key: Key;
  /** Steps done over steps in all, in [0, 1]. */
  readonly progress: number;
  /** 1 at tokens that count, row-major [B, L]; padding is 0. @default all */
  readonly mask?: ArrayLike<number> | undefined;
}

/** A language model with its training objective: the method and every baseline are one. It holds no weights. */
export interface LanguageModel<Params = unknown, Batch = unknown> {
  readonly name: string;
  /** Number of ids, the mask's among them. */
  readonly vocabSize: number;
  /** The number of trained values. */
  readonly size: number;
  init(key: Key): Params;
  /** The tensors of one training step from clean tokens [B, L]. */
  batch(tokens: TokenArray, options: BatchOptions): Batch;
  /** The training loss, a scalar; `key` draws dropout. */
  loss(params: Params, batch: Batch, key: Key): Tensor;
  /** Nats a token on clean tokens: a bound for diffusion models, exact for autoregressive ones. */
  likelihood(params: Params, tokens: TokenArray, options?: NelboOptions): Promise<Nelbo>;
  /** Draws sequences. */
  sample(params: Params, options: SampleTokensOptions): Promise<SampleTokensResult>;
}

/** A language model that fills masks, by any sampler and under any bound of `@lab/diffusion-core/discrete`. */
export interface MaskedLanguageModel<Params = unknown, Batch = unknown> extends LanguageModel<Params, Batch> {
  readonly maskId: number;
  /** The denoiser with these weights, which stay the caller's and must live as long as it is used. */
  denoiser(params: Params): TokenDenoiser;
}

/** A model whose weights are its own business, so that different models stand in one list. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- an existential type, which TypeScript lacks
export type AnyLanguageModel = LanguageModel<any, any>;
