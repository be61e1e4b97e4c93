/** What a solver sees of one step for one sequence. */
export interface MaskingStep {
  /** 0 for the noisiest step. */
  readonly index: number;
  readonly steps: number;
  readonly t: number;
  readonly tNext: number;
  /** Chance of being unmasked before the step. */
  readonly alpha: number;
  /** Chance of being unmasked after the step. */
  readonly alphaNext: number;
  /** 1 at masked places, [length]. */
  readonly masked: Uint8Array;
  /** 1 at places that the caller gave, which nothing changes, [length]. */
  readonly given: Uint8Array;
  /** The probability that each token had when it was drawn, [length]; meaningless at masked and given places. */
  readonly confidence: Float64Array;
  /** A uniform number of this step and sequence, for solvers that draw. */
  readonly draw: number;
}

/** One for all places, or one a place [length]. */
export type Rate = number | Float64Array;

/** The chances of one step: of a mask to become a token, of a token to become a mask. */
export interface StepRates {
  readonly unmask: Rate;
  readonly remask: Rate;
}

export interface Levels {
  readonly alpha: number;
  readonly alphaNext: number;
}

/** How masks become tokens from step to step, and tokens masks again. It holds no state. */
export interface TokenSolver {
  readonly name: string;
  /** The fewest steps with which it is what it should be. @default 1 */
  readonly fewestSteps?: number;
  /** The steps that it makes for so many masked places, where the caller has no choice. */
  readonly stepsFor?: (maskedPlaces: number) => number;
  /** The levels of a step; by default `1 - t` and `1 - tNext`. */
  levels?(step: Pick<MaskingStep, 'index' | 'steps' | 't' | 'tNext'>): Levels;
  rates(step: MaskingStep): StepRates;
  /**
   * Rates depend on the sequence (`masked`, `given`, `confidence`, `draw`), so that they are asked for each, and a law of tokens alone
   * cannot be propagated. @default false
   */
  readonly remembers?: boolean;
}
