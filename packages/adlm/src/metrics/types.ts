/** Sequences of equal length. */
export interface Sequences {
  /** [count, length] token ids, row-major. */
  readonly ids: Int32Array;
  readonly count: number;
  readonly length: number;
}

/**
 * What a masked diffusion model says of sequences: for every position, the log-probability (nats) of the target token
 * there, given what of the corrupted sequence is visible. Positions that are not masked may hold anything.
 */
export type MaskedScorer = (
  corrupted: Sequences,
  targets: Int32Array,
) => ArrayLike<number> | Promise<ArrayLike<number>>;

/**
 * What an autoregressive model says of sequences: for every position, the log-probability (nats) of the token there, given
 * those before it. Whatever it says of position 0 is not counted.
 */
export type CausalScorer = (sequences: Sequences) => ArrayLike<number> | Promise<ArrayLike<number>>;

/** A mean negative log-likelihood, in its three usual units. */
export interface Likelihood {
  /** Nats a token; for a diffusion model an upper bound. */
  readonly nll: number;
  /** exp(nll). */
  readonly perplexity: number;
  /** Bits a token, nll / ln 2. */
  readonly bitsPerToken: number;
  /** Standard error of `nll` over sequences; NaN for a single one. */
  readonly standardError: number;
  /** Tokens that were counted. */
  readonly tokens: number;
  readonly modelCalls: number;
}
