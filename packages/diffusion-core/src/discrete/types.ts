import type { PredictContext } from '../types';

/** Token ids, row-major [batch, length]: plain memory, not a tensor. */
export interface TokenArray {
  readonly shape: readonly number[];
  readonly data: Int32Array;
}

/** Numbers of a network (float32) or of a closed form (float64). */
export type Floats = Float32Array | Float64Array;

/**
 * How likely a token is still itself at time t in [0, 1]: `alpha(0) = 1` is data, `alpha(1)` is near 0, all masked.
 * Places are masked independently of each other, and a masked place stays masked (Sahoo et al. 2024, section 3).
 */
export interface MaskingSchedule {
  readonly name: string;
  /** The chance that a place is not masked at time t. */
  alpha(t: number): number;
  /** `-log alpha(t)`, which grows: from 0, or where the schedule begins with a little noise from that. */
  totalNoise(t: number): number;
  /** The slope of the total noise, `-alpha'(t) / alpha(t)`. */
  rate(t: number): number;
  /** The weight of a masked place's cross-entropy in the likelihood bound, `-alpha'(t) / (1 - alpha(t))`. */
  lossWeight(t: number): number;
}

/** What a denoiser says of the clean tokens. */
export interface TokenPrediction {
  /**
   * Unnormalised log-probabilities of the clean token at every place, row-major [batch, length, vocabSize]; -Infinity is
   * an impossible token. The mask's own column, and rows of places that are not masked, are not read by samplers and
   * bounds.
   */
  readonly logits: Floats;
  /**
   * How many times as fast as the schedule says the mask at each place is unmasked, row-major [batch, length]: of models
   * that say more than which token it is (scores that need not sum to what the schedule implies, a prediction that gives
   * the mask itself some probability). @default 1
   */
  readonly unmaskFactor?: Floats | undefined;
}

/** How a prediction is computed, and the noise level for networks that are told of it. */
export interface TokenPredictContext extends PredictContext {
  /** `-log alpha` of the tokens' noise level; only time-conditioned denoisers read it. @default 0 */
  readonly totalNoise?: number | undefined;
}

/** A network, or a closed form, that guesses the tokens behind masks. */
export interface TokenDenoiser<Prediction extends TokenPrediction = TokenPrediction> {
  /** Number of ids, the mask's among them. */
  readonly vocabSize: number;
  readonly maskId: number;
  /** The longest sequence it takes. @default any */
  readonly maxLength?: number | undefined;
  /** Whether predictions depend on `totalNoise`; if not, equal tokens have equal predictions. */
  readonly timeConditioned: boolean;
  /** The prediction for partly masked tokens [batch, length], which stay the caller's. */
  predict(tokens: TokenArray, context?: TokenPredictContext): Prediction | Promise<Prediction>;
  /**
   * The log-probability of `targets` at every masked place of `tokens`, row-major [batch, length], 0 elsewhere: what a
   * bound needs, without the whole table of predictions leaving the engine.
   */
  logLikelihood?(
    tokens: TokenArray,
    targets: TokenArray,
    context?: TokenPredictContext,
  ): Floats | Promise<Floats>;
  /** Frees what predictions keep between calls. */
  dispose?(): void;
}
