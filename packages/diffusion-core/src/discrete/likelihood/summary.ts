/** An upper bound on the negative log-likelihood, natural logarithms. */
export interface Nelbo {
  readonly nllPerToken: number;
  /** `exp(nllPerToken)` */
  readonly perplexity: number;
  readonly bitsPerToken: number;
  /**
   * Standard error of `nllPerToken`, for what the sequences were drawn from: over sequences, each the mean of its draws.
   * Of a single sequence it is that of its draws, and NaN where there is one draw.
   */
  readonly standardError: number;
  /** Tokens counted. */
  readonly tokens: number;
  /** The bound of each sequence in nats, averaged over its draws. */
  readonly perSequence: Float64Array;
  readonly modelCalls: number;
}

export interface LikelihoodParts {
  /** Tokens of each sequence that count. */
  readonly counted: Float64Array;
  readonly modelCalls: number;
  /** What each draw of a single sequence gave, in nats. */
  readonly draws?: readonly number[];
}

/** Sums of nats, one a sequence, to the numbers of a likelihood. */
export function likelihoodSummary(
  perSequence: Float64Array,
  { counted, modelCalls, draws = [] }: LikelihoodParts,
): Nelbo {
  const tokens = counted.reduce((sum, each) => sum + each, 0);
  const nllPerToken = perSequence.reduce((sum, each) => sum + each, 0) / tokens;
  // A sequence without a token that counts says nothing.
  const residuals = Array.from(perSequence.keys())
    .filter((i) => counted[i]! > 0)
    .map((i) => perSequence[i]! - nllPerToken * counted[i]!);
  const standardError =
    residuals.length > 1
      ? spread(residuals) * residuals.length
      : spread(draws.map((each) => each - nllPerToken * tokens));
  return {
    nllPerToken,
    perplexity: Math.exp(nllPerToken),
    bitsPerToken: nllPerToken / Math.LN2,
    standardError: standardError / tokens,
    tokens,
    perSequence,
    modelCalls,
  };
}

/** Standard error of the mean of numbers that have mean 0; NaN for fewer than two. */
function spread(residuals: readonly number[]): number {
  const n = residuals.length;
  const squares = residuals.reduce((sum, each) => sum + each * each, 0);
  return n < 2 ? Number.NaN : Math.sqrt(squares / (n - 1) / n);
}
