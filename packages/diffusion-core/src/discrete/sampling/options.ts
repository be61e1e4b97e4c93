import type { ExecutionChoice, Key } from '@lab/tensor-core';
import type { TokenSolver } from '../solvers';
import type { MaskingSchedule, TokenArray, TokenPrediction } from '../types';
import type { NucleusOptions } from './nucleus';

/** One place of one sequence, as a control sees it. */
export interface Place {
  readonly sequence: number;
  readonly place: number;
  /** The sequence before the step, [length]; read it alone. */
  readonly tokens: Int32Array;
  readonly maskId: number;
  readonly t: number;
}

/** A method that steers token sampling. Several act in order. */
export interface TokenControl {
  readonly name: string;
  /**
   * Replaces the distribution of a token that is about to be drawn, [vocabSize]: banned tokens, guidance, a grammar. It
   * may change the array in place; it need not sum to 1.
   */
  estimate?(probabilities: Float64Array, at: Place): Float64Array;
}

export interface SampleTokensOptions<Prediction extends TokenPrediction = TokenPrediction> {
  /** @default lockedIn() */
  readonly solver?: TokenSolver;
  /** Levels of the solvers that have none of their own. @default `alpha = 1 - t` */
  readonly schedule?: MaskingSchedule;
  /** Number of steps. @default as many as there are places to fill */
  readonly steps?: number;
  /** The grid of times itself, strictly decreasing from at most 1 to at least 0; replaces `steps`. */
  readonly times?: readonly number[];
  /** [batch, length] of sequences that start as masks alone; or give `init`. */
  readonly shape?: readonly number[];
  /** Sequences to fill: masks are drawn, every other token is given and stays. It stays the caller's. */
  readonly init?: TokenArray;
  /** All randomness of the run. Sequence i draws from `foldIn(key, i)`, so it does not depend on the others. */
  readonly key: Key;
  /** Limits draws to the likeliest tokens. @default all */
  readonly nucleus?: NucleusOptions;
  /** Divides log-probabilities; above 0. @default 1 */
  readonly temperature?: number;
  /** @default [] */
  readonly controls?: readonly TokenControl[];
  /**
   * Asks the denoiser only for sequences that changed since its last answer. The samples are the same; not for
   * time-conditioned denoisers. @default true where it can
   */
  readonly cache?: boolean;
  /** How the network runs, as in `sample`. @default 'auto' */
  readonly engine?: ExecutionChoice | undefined;
  /** Aborts between two steps with a `LabError` of code `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every step; awaited. What it is given is valid during the call alone. */
  readonly onStep?: ((event: TokenStep<Prediction>) => void | Promise<void>) | undefined;
}

/** One step as seen from outside. */
export interface TokenStep<Prediction extends TokenPrediction = TokenPrediction> {
  readonly index: number;
  readonly steps: number;
  readonly t: number;
  readonly tNext: number;
  readonly alpha: number;
  readonly alphaNext: number;
  /** After the step. */
  readonly tokens: TokenArray;
  /** What the denoiser said before the step, for each sequence (those that did not change share an older answer). */
  readonly predictionOf: (sequence: number) => { readonly prediction: Prediction; readonly row: number };
  readonly modelCalls: number;
  readonly seconds: number;
}

export interface SampleTokensResult {
  readonly samples: TokenArray;
  /** Calls of the denoiser, whatever their batch. */
  readonly modelCalls: number;
  /** Sequences that it was asked for in all. */
  readonly sequencesPredicted: number;
  readonly steps: number;
  readonly seconds: number;
  /** Masks that were left after the last step and took the likeliest token. */
  readonly filledLast: number;
}
