import { attend, normalInit, tf, type Tensor } from '@lab/tensor-core';
import { affine, layerNormed } from '../parts/layers';
import { compound } from '../parts/part';
import { activationOf, type ClipTowerConfig } from './config';

export interface AttentionMask {
  /** Which places may be seen, 1 or true, broadcasting to [batch, heads, length, places]. @default all */
  readonly mask?: Tensor | undefined;
  /** A place sees those before it alone. @default false */
  readonly causal?: boolean | undefined;
}

/** What a tower computes. */
export interface ClipStates {
  /** After the embeddings and after each layer, [batch, length, width] each. */
  readonly hidden: readonly Tensor[];
}

/** The layers of a tower, and all states on the way. */
export function clipEncoder(config: ClipTowerConfig) {
  const layers = Array.from({ length: config.num_hidden_layers }, () => layer(config));
  return compound({ layers }, (params, x: Tensor, seen: AttentionMask): Tensor[] => {
    const hidden = [x];
    layers.forEach((each, i) => hidden.push(each.apply(params.layers[i]!, hidden.at(-1)!, seen)));
    return hidden;
  });
}

/** First values of every matrix. */
export const draw = normalInit(0.02);

/** Pre-norm: attention, then a feed-forward part, each added to what it reads. */
function layer(config: ClipTowerConfig) {
  const { hidden_size: width, intermediate_size: inner, layer_norm_eps: epsilon } = config;
  const activation = activationOf(config);
  const parts = {
    self_attn: selfAttention(config),
    layer_norm1: layerNormed(width, epsilon),
    mlp: {
      fc1: affine({ inputs: width, outputs: inner, init: draw }),
      fc2: affine({ inputs: inner, outputs: width, init: draw }),
    },
    layer_norm2: layerNormed(width, epsilon),
  };
  return compound(parts, (params, x: Tensor, seen: AttentionMask) => {
    const { self_attn, mlp, layer_norm1, layer_norm2 } = parts;
    const attended = tf.add(
      x,
      self_attn.apply(params.self_attn, layer_norm1.apply(params.layer_norm1, x), seen),
    );
    const wide = activation(mlp.fc1.apply(params.mlp.fc1, layer_norm2.apply(params.layer_norm2, attended)));
    return tf.add(attended, mlp.fc2.apply(params.mlp.fc2, wide));
  });
}

function selfAttention({ hidden_size: width, num_attention_heads: heads }: ClipTowerConfig) {
  const map = affine({ inputs: width, outputs: width, init: draw });
  const parts = { k_proj: map, v_proj: map, q_proj: map, out_proj: map };
  return compound(parts, (params, x: Tensor, { mask, causal }: AttentionMask) => {
    const [batch, length] = [x.shape[0], x.shape[1]!];
    const [q, k, v] = [params.q_proj, params.k_proj, params.v_proj].map((each) =>
      tf.transpose(tf.reshape(map.apply(each, x), [batch, length, heads, width / heads]), [0, 2, 1, 3]),
    ) as [Tensor, Tensor, Tensor];
    const seen = attend(q, k, v, { ...(mask && { mask }), ...(causal && { causal }) });
    return map.apply(params.out_proj, tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [batch, length, width]));
  });
}
