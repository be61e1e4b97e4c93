import { transformerSize } from '@lab/diffusion-core/discrete';
import { frequencyAnchors } from '../../anchors/frequency-anchors';
import { autoregressive } from '../../autoregressive/autoregressive';
import { d3pm } from '../../baselines/d3pm';
import { mdlm } from '../../baselines/mdlm';
import { sedd } from '../../baselines/sedd';
import { adlm, type Adlm, type AdlmOptions } from '../../model/adlm';
import type { LanguageModel, MaskedLanguageModel } from '../../model/types';

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

/** The other baselines by name: one network each, as deep as the anchor network. */
export function baselines(
  { conditionWidth, ...own }: Sizes,
  blocks: number,
): [string, LanguageModel<object>][] {
  const timed = { ...own, conditionWidth, blocks };
  return [
    [`AR, ${blocks} blocks`, autoregressive({ ...own, blocks })],
    [`SEDD, ${blocks} blocks`, sedd(timed)],
    [`D3PM, ${blocks} blocks`, d3pm(timed)],
  ] as unknown as [string, LanguageModel<object>][];
}

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
