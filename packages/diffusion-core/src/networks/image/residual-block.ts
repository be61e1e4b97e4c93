import {
  conv2d,
  groupNorm,
  linear,
  normalInit,
  silu,
  tf,
  type ConvParams,
  type LinearParams,
  type Module,
  type NormParams,
  type Tensor,
} from '@lab/tensor-core';
import { split, type Key } from '@lab/tensor-core/random';

export interface ResidualBlockParams {
  readonly norm1: NormParams;
  readonly conv1: ConvParams;
  /** Adds the embedding of time and condition; absent in a block without one. */
  readonly context?: LinearParams;
  readonly norm2: NormParams;
  readonly conv2: ConvParams;
  /** Of size 1, where the number of channels changes. */
  readonly skip?: ConvParams;
}

export interface ResidualBlockOptions {
  readonly inputs: number;
  readonly outputs: number;
  /** Width of the embedding that is added between the convolutions; 0 for none. */
  readonly context: number;
  /** Wanted groups of a normalisation; the greatest divisor of the channels up to it is used. */
  readonly groups: number;
}

/**
 * Two 3 x 3 convolutions, each after a group normalisation and SiLU, added to their input (Ho et al. 2020, appendix B):
 * x [B, h, w, inputs] and context [B, context] to [B, h, w, outputs].
 */
export function residualBlock({
  inputs,
  outputs,
  context,
  groups,
}: ResidualBlockOptions): Module<ResidualBlockParams, [x: Tensor, context?: Tensor]> {
  const norm1 = groupNorm({ channels: inputs, groups: groupsFor(inputs, groups) });
  const conv1 = conv2d({ inputs, outputs, size: 3 });
  const embed = context > 0 ? linear({ inputs: context, outputs }) : undefined;
  const norm2 = groupNorm({ channels: outputs, groups: groupsFor(outputs, groups) });
  const conv2 = conv2d({ inputs: outputs, outputs, size: 3, init: normalInit(0.02) });
  const skip = inputs === outputs ? undefined : conv2d({ inputs, outputs, size: 1 });
  return {
    init(key) {
      const [first, second, forContext, forSkip] = split(key, 4) as [Key, Key, Key, Key];
      return {
        norm1: norm1.init(first),
        conv1: conv1.init(first),
        ...(embed && { context: embed.init(forContext) }),
        norm2: norm2.init(second),
        conv2: conv2.init(second),
        ...(skip && { skip: skip.init(forSkip) }),
      };
    },
    apply(params, x, given) {
      let hidden = conv1.apply(params.conv1, silu(norm1.apply(params.norm1, x)));
      if (embed && params.context && given) {
        const added = embed.apply(params.context, silu(given));
        hidden = tf.add(hidden, tf.reshape(added, [x.shape[0], 1, 1, outputs]));
      }
      hidden = conv2.apply(params.conv2, silu(norm2.apply(params.norm2, hidden)));
      return tf.add(hidden, skip && params.skip ? skip.apply(params.skip, x) : x);
    },
  };
}

/** The greatest number of groups up to `wanted` that divides the channels. */
export function groupsFor(channels: number, wanted: number): number {
  let groups = Math.min(channels, wanted);
  while (channels % groups !== 0) groups--;
  return groups;
}
