import { transformerSize } from '@lab/diffusion-core/discrete';
import { frequencyAnchors } from '../../anchors/frequency-anchors';
import { mdlm } from '../../baselines/mdlm';
import { adlm, type Adlm, type AdlmOptions } from '../../model/adlm';
import type { MaskedLanguageModel } from '../../model/types';

/** Sizes that all models of a comparison share. */
export interface Sizes {
  readonly vocabSize: number;
  readonly maskId: number;
  readonly width: number;
  readonly heads: number;
  readonly conditionWidth: number;
}

export const sizes = (vocabSize: number, width: number): Sizes => ({
  vocabSize,
  maskId: vocabSize - 1,
  width,
  heads: 4,
  conditionWidth: 32,
});

/** Any trained model, its weights an opaque tree. */
export type Model = MaskedLanguageModel<object>;

export interface AnchoredChoice extends Pick<AdlmOptions, 'gamma' | 'anchorPositions'> {
  readonly blocks: number;
  /** A token is an anchor when it occurs at most so often in its sequence. */
  readonly threshold: number;
}

export const anchored = (own: Sizes, { threshold, ...choice }: AnchoredChoice): Adlm =>
  adlm({ ...own, ...choice, anchors: frequencyAnchors({ threshold }) });

export const plain = (own: Sizes, blocks: number): Model => mdlm({ ...own, blocks });

/** The number of blocks with which one plain network comes nearest to a number of weights. */
export function matchedBlocks(
  own: Sizes,
  target: number,
  options: { readonly conditionWidth?: number | false } = {},
): number {
  const gap = (blocks: number): number => Math.abs(transformerSize({ ...own, blocks, ...options }) - target);
  let blocks = 1;
  while (gap(blocks + 1) < gap(blocks)) blocks++;
  return blocks;
}

/**
 * Multiply-adds of a forward pass for one token: what a matrix product of each weight costs, and attention over the sequence.
 */
export function multiplyAdds(
  own: Sizes,
  { blocks, length, tables }: { blocks: number; length: number; tables: number },
): number {
  const { width, vocabSize } = own;
  return blocks * (12 * width ** 2 + 2 * length * width) + tables * vocabSize * width;
}
