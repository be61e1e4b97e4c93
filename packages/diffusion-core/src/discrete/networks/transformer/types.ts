import type { Key, LinearParams, NormParams, Tensor } from '@lab/tensor-core';

export interface TokenTransformerOptions {
  /** Number of ids: the rows of the embedding and the logits of a place. */
  readonly vocabSize: number;
  /** A multiple of twice `heads`. */
  readonly width: number;
  readonly heads: number;
  /** Number of blocks of attention and feed-forward. */
  readonly blocks: number;
  /**
   * Width of the embedding of the noise level, which scales, shifts and gates every block; false leaves all of that out,
   * as autoregressive models do. @default 128
   */
  readonly conditionWidth?: number | false;
  /** A place sees itself and those before it alone. @default false */
  readonly causal?: boolean;
  /** What comes in: token ids [B, L], or one row of numbers a place [B, L, rowSize]. @default 'tokens' */
  readonly input?: 'tokens' | 'rows';
  /** Numbers in a row that comes in. @default vocabSize */
  readonly rowSize?: number;
  /** Share of entries that are dropped after attention and feed-forward while training, in [0, 1). @default 0 */
  readonly dropout?: number;
}

export interface TransformerBlockWeights {
  readonly attentionNorm: NormParams;
  /** [width, 3 width], queries, keys, values, each head by head. */
  readonly queryKeyValue: LinearParams;
  readonly attentionOutput: LinearParams;
  readonly feedForwardNorm: NormParams;
  /** [width, 4 width] */
  readonly up: LinearParams;
  /** [4 width, width] */
  readonly down: LinearParams;
  /** [conditionWidth, 6 width], shift, scale and gate of attention, then of feed-forward. */
  readonly modulation?: LinearParams;
}

export interface TokenTransformerParams {
  /** `weight` [vocabSize or rowSize, width]; `bias` [width] where the input is rows. */
  readonly input: LinearParams;
  readonly noise?: { readonly first: LinearParams; readonly second: LinearParams };
  readonly blocks: readonly TransformerBlockWeights[];
  readonly output: {
    readonly norm: NormParams;
    /** [conditionWidth, 2 width], shift and scale. */
    readonly modulation?: LinearParams;
    /** [width, vocabSize] */
    readonly linear: LinearParams;
  };
}

export interface TransformerInputs {
  /** Total noise of each sequence, [B] or [1]. @default 0 */
  readonly totalNoise?: Tensor | undefined;
  /** Which places each place sees, [L, L] of 0 and 1; replaces `causal`. @default all */
  readonly visible?: Tensor | undefined;
  /** The sequence is so many sequences of equal length side by side, whose places count from 0 each. @default 1 */
  readonly segments?: number;
  /** Drops out as `dropout` says. @default nothing is dropped */
  readonly dropoutKey?: Key | undefined;
  /** Vectors [B, L, width] that replace the embedded input where `replaced` [B, L] is 1. */
  readonly replacement?: { readonly vectors: Tensor; readonly replaced: Tensor } | undefined;
  /**
   * The places whose output is asked for, int32 [K], counted through the batch: place l of sequence b is b L + l. What is
   * for one place alone, from the last attention's output map on, is computed for these. @default all
   */
  readonly asked?: Tensor | undefined;
}

/** Keys and values that a block made of the places so far, [B, heads, length, width / heads] each; zeros at later ones. */
export interface KeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export interface StepInputs {
  /** Of each block, from `emptyCache` or the step before; they stay the caller's. */
  readonly cache: readonly KeyValues[];
  /** The first place of the input, int32 [1]; all of its places are below the length of the cache, and not in it yet. */
  readonly place: Tensor;
}

/** What n places give: their logits [B, n, vocabSize], and the cache for the next. */
export interface StepResult {
  readonly logits: Tensor;
  readonly cache: readonly KeyValues[];
}

/** A transformer over token sequences. */
export interface TokenTransformer {
  readonly options: TokenTransformerOptions;
  init(key: Key): TokenTransformerParams;
  /** Logits [B, L, vocabSize]; [K, 1, vocabSize] of K asked places. */
  apply(params: TokenTransformerParams, input: Tensor, inputs?: TransformerInputs): Tensor;
  /** What the last layer sees: the normalised state of every place, [B, L, width]; [K, 1, width] of K asked places. */
  features(params: TokenTransformerParams, input: Tensor, inputs?: TransformerInputs): Tensor;
  /**
   * One place of a causal transformer, from what the places before it left: `apply` of the whole sequence, at this place. The
   * input is [B, 1], or a row of numbers [B, 1, rowSize]. Of other transformers it may be n places, which see those before
   * them and each other: `apply` with blocks of places that see the blocks before them.
   */
  step(params: TokenTransformerParams, input: Tensor, inputs: StepInputs): StepResult;
  /** The cache before the first place. */
  emptyCache(batch: number, length: number): KeyValues[];
  /** Logits from `features`. */
  head(params: TokenTransformerParams, features: Tensor): Tensor;
}
