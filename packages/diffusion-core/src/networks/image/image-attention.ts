import {
  attention,
  groupNorm,
  normalInit,
  tf,
  type Attend,
  type AttentionParams,
  type Module,
  type NormParams,
  type Tensor,
} from '@lab/tensor-core';
import { split, type Key } from '@lab/tensor-core/random';
import { groupsFor } from './residual-block';
import { joinTokens, type TokenContext } from './token-context';

export interface ImageAttentionParams {
  readonly norm: NormParams;
  readonly attention: AttentionParams;
}

export interface ImageAttentionOptions {
  readonly channels: number;
  readonly heads: number;
  readonly groups: number;
  readonly attend?: Attend | undefined;
}

/** Attention of every place of an image [B, h, w, channels] to all places and to the tokens of a text, added to it. */
export function imageAttention({
  channels,
  heads,
  groups,
  attend: by,
}: ImageAttentionOptions): Module<ImageAttentionParams, [x: Tensor, context?: TokenContext]> {
  const norm = groupNorm({ channels, groups: groupsFor(channels, groups) });
  const attend = attention({ width: channels, heads, attend: by });
  const quiet = normalInit(0.02);
  return {
    init(key) {
      const [first, second] = split(key) as [Key, Key];
      const drawn = attend.init(first);
      drawn.output.weight.dispose();
      // Near zero, so that a new layer starts as the identity.
      const output = { ...drawn.output, weight: quiet(second, [channels, channels]) };
      return { norm: norm.init(first), attention: { ...drawn, output } };
    },
    apply(params, x, context) {
      const [batch, height, width] = x.shape as [number, number, number, number];
      const places = tf.reshape(norm.apply(params.norm, x), [batch, height * width, channels]);
      const seen = attend.apply(params.attention, places, joinTokens(places, context));
      return tf.add(x, tf.reshape(seen, x.shape));
    },
  };
}
