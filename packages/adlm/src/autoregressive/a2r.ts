import { tf, type Tensor } from '@lab/tensor-core';
import { crossEntropy, withoutMask } from '@lab/diffusion-core/discrete';
import { anchorsOf, frequencyAnchors } from '../anchors/frequency-anchors';
import type { AnchorSelector } from '../anchors/types';
import {
  anchoredNetwork,
  type AnchoredNetworkOptions,
  type AnchoredParams,
} from '../network/anchored-network';
import { anchorWeight } from '../objective/anchor-weight';
import type { AutoregressiveOptions } from './autoregressive';
import { causalBatch, shifted, type CausalBatch } from './causal-batch';
import { causalModel, type CausalLanguageModel } from './causal-model';

export interface A2rOptions
  extends AutoregressiveOptions, Pick<AnchoredNetworkOptions, 'denoiserBlocks' | 'projection'> {
  /** Weight of the anchor loss. @default 3e-3 */
  readonly gamma?: number;
  /** @default 1 */
  readonly slope?: number;
  /** @default frequencyAnchors() */
  readonly anchors?: AnchorSelector;
  /**
   * What the anchor network learns at a place. `next`: the next token, where that is an anchor (the formula). `nextAnchor`:
   * the next anchor, however far ahead (the look-ahead that the text describes). @default 'next'
   */
  readonly target?: 'next' | 'nextAnchor';
}

export interface A2rBatch extends CausalBatch {
  /** What the anchor network is to say at each place, int32 [B, N]. */
  readonly anchorTargets: Tensor;
  /** 1 where that counts, [B, N]. */
  readonly anchors: Tensor;
  readonly gamma: Tensor;
}

/**
 * Anchored autoregressive modelling (section 4.4): a causal anchor network, and a lighter causal one that predicts the next
 * token from its logits. The likelihood is exact, that of the second network.
 */
export function a2r(options: A2rOptions): CausalLanguageModel<AnchoredParams, A2rBatch> {
  const { vocabSize, maskId = vocabSize - 1, start = maskId, gamma, slope, ...rest } = options;
  const { anchors = frequencyAnchors(), target = 'next', ...sizes } = rest;
  const weight = { ...(gamma !== undefined && { gamma }), ...(slope !== undefined && { slope }) };
  const network = anchoredNetwork({ ...sizes, vocabSize, causal: true, conditionWidth: false });
  return causalModel<AnchoredParams, A2rBatch>({
    name: 'A2R',
    vocabSize,
    maskId,
    start,
    size: network.size,
    init: (key) => network.init(key),
    nextLogits: (params, inputs) => network.apply(params, inputs),
    features: (params, inputs) =>
      tf.tidy(() => network.denoiser.features(params.denoiser, network.anchorLogits(params, inputs))),
    steps: {
      start: (batch, length) => [
        network.anchor.emptyCache(batch, length),
        network.denoiser.emptyCache(batch, length),
      ],
      step: (params, ids, given) => network.step(params, ids, given),
    },
    batch(tokens, { mask, progress }) {
      const { batch, places, targets } = shifted(tokens, { start });
      const chosen = anchorsOf(anchors, tokens).filter(
        (_, i) => start !== 'first' || i % tokens.shape[1]! > 0,
      );
      const ahead = target === 'next' ? { targets, flags: chosen } : nextAnchors(targets, chosen, places);
      return {
        ...causalBatch(tokens, { vocabSize, maskId, start, mask }),
        anchorTargets: tf.tensor2d(ahead.targets, [batch, places], 'int32'),
        anchors: tf.tensor2d(Float32Array.from(ahead.flags), [batch, places]),
        gamma: tf.scalar(anchorWeight(progress, weight)),
      };
    },
    loss(params, { inputs, targets, weights, ...anchor }, key) {
      const dropoutKey = options.dropout ? key : undefined;
      const { anchorLogits, logits } = network.stages(params, inputs, { dropoutKey });
      const supervised = tf.mul(anchor.anchors, crossEntropy(anchorLogits, anchor.anchorTargets));
      const each = tf.add(
        crossEntropy(withoutMask(logits, maskId), targets),
        tf.mul(anchor.gamma, supervised),
      );
      return tf.sum(tf.mul(weights, each));
    },
  });
}

/** For each place the first anchor among its target and those after it; flag 0 where none is left. */
export function nextAnchors(targets: Int32Array, anchors: Uint8Array, places: number) {
  const found = Int32Array.from(targets);
  const flags = new Uint8Array(targets.length);
  for (let end = targets.length; end > 0; end -= places) {
    let next = -1;
    for (let at = end - 1; at >= end - places; at--) {
      if (anchors[at]) next = targets[at]!;
      if (next < 0) continue;
      found[at] = next;
      flags[at] = 1;
    }
  }
  return { targets: found, flags };
}
