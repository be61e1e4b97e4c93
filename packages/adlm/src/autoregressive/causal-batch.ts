import { tf, type Tensor } from '@lab/tensor-core';
import { assertClean, type TokenArray } from '@lab/diffusion-core/discrete';
import { countedTokens } from '../objective/masked-batch';

/** A training batch of next-token prediction, as tensors. */
export interface CausalBatch {
  /** What the network sees, int32 [B, N]. */
  readonly inputs: Tensor;
  /** The token after each of them, int32 [B, N]. */
  readonly targets: Tensor;
  /** Weight of each target, [B, N], of sum 1. */
  readonly weights: Tensor;
}

export interface Start {
  /**
   * What stands before a sequence: an id, and every token of the sequence is predicted; or `first`, and the first token
   * is given, as in the official release.
   */
  readonly start: number | 'first';
}

/** Inputs and targets of clean sequences on the host, row-major [B, N]. */
export function shifted(tokens: TokenArray, { start }: Start) {
  const [batch, length] = tokens.shape as [number, number];
  const places = start === 'first' ? length - 1 : length;
  const inputs = new Int32Array(batch * places);
  const targets = new Int32Array(batch * places);
  for (let row = 0; row < batch; row++) {
    const own = tokens.data.subarray(row * length, (row + 1) * length);
    targets.set(start === 'first' ? own.subarray(1) : own, row * places);
    inputs.set(own.subarray(0, length - 1), row * places + (start === 'first' ? 0 : 1));
    if (start !== 'first') inputs[row * places] = start;
  }
  return { batch, places, inputs, targets };
}

/** The flags of a mask [B, L] at the targets alone, [B, N]. */
export function atTargets(
  tokens: TokenArray,
  { start, mask }: Start & { readonly mask?: ArrayLike<number> | undefined },
): ArrayLike<number> | undefined {
  if (!mask || start !== 'first') return mask;
  const length = tokens.shape[1]!;
  return Array.from({ length: tokens.data.length }, (_, i) => mask[i]!).filter((__, i) => i % length > 0);
}

export function causalBatch(
  tokens: TokenArray,
  options: Start & {
    readonly vocabSize: number;
    readonly maskId: number;
    readonly mask?: ArrayLike<number> | undefined;
  },
): CausalBatch {
  assertClean(tokens, options);
  const { batch, places, inputs, targets } = shifted(tokens, options);
  const counted = { shape: [batch, places], data: targets };
  return {
    inputs: tf.tensor2d(inputs, [batch, places], 'int32'),
    targets: tf.tensor2d(targets, [batch, places], 'int32'),
    weights: tf.tensor2d(countedTokens(counted, atTargets(tokens, options)), [batch, places]),
  };
}
