import { attend, dropout, embedding, gelu, layerNorm, linear, tf, type Tensor } from '@lab/tensor-core';
import { foldIn, type Key } from '@lab/tensor-core/random';
import type { RobertaConfig } from './config';
import { assertInputs, positionIds } from './inputs';
import { withGradientWhere } from './padding';
import type { NormWeights, RobertaLayerParams, RobertaParams } from './weights';

export interface RobertaInputs {
  /** Tokens, int32 [batch, length]. */
  readonly ids: Tensor;
  /** 1 or true for tokens that may be seen, [batch, length]. @default all that are not padding */
  readonly mask?: Tensor | undefined;
  /** Kinds of segment, int32 [batch, length]. @default 0 */
  readonly types?: Tensor | undefined;
  /** Trains with the configuration's dropout, drawn with this key. @default none, to evaluate */
  readonly dropout?: Key | undefined;
}

/** What the encoder computes. */
export interface RobertaStates {
  /** After the embeddings and after each layer, [batch, length, width] each. */
  readonly hidden: readonly Tensor[];
  /** The last of them. */
  readonly last: Tensor;
}

/** Drops entries at a place of its own in the network; leaves all as it is without a key. */
export type Drop = (x: Tensor, rate: number) => Tensor;

/** Each call of the result draws with another key derived from `key`. */
export function dropper(key: Key | undefined): Drop {
  let place = 0;
  return (x, rate) => (key === undefined || rate === 0 ? x : dropout(x, { rate, key: foldIn(key, place++) }));
}

/** Embeddings and layers, post-norm (Liu et al. 2019; the layer is that of Devlin et al. 2018). */
export function encode(
  config: RobertaConfig,
  params: RobertaParams,
  { ids, mask, types }: RobertaInputs,
  drop: Drop,
): RobertaStates {
  assertInputs(config, { ids, mask, types });
  const { hidden_size: width, hidden_dropout_prob: rate } = config;
  const normed = norm(config);
  const rows = (count: number, weight: Tensor, at: Tensor): Tensor =>
    embedding({ count, width }).apply({ weight }, at);
  const { word_embeddings, position_embeddings, token_type_embeddings, LayerNorm } = params.embeddings;
  const open = mask ?? tf.notEqual(ids, config.pad_token_id);
  const words = rows(config.vocab_size, word_embeddings.weight, ids);
  const kinds = rows(config.type_vocab_size, token_type_embeddings.weight, types ?? tf.zerosLike(ids));
  const places = rows(
    config.max_position_embeddings,
    position_embeddings.weight,
    positionIds(ids, config.pad_token_id),
  );
  const tokens = tf.expandDims(tf.cast(tf.notEqual(ids, config.pad_token_id), 'float32'), 2);
  const fixed = withGradientWhere(tf.add(words, places), tokens);
  const hidden = [drop(normed(LayerNorm, tf.add(fixed, kinds)), rate)];
  for (let i = 0; i < config.num_hidden_layers; i++)
    hidden.push(layer(config, params.encoder.layer[i]!, hidden.at(-1)!, open, drop));
  return { hidden, last: hidden.at(-1)! };
}

function layer(
  config: RobertaConfig,
  params: RobertaLayerParams,
  x: Tensor,
  mask: Tensor,
  drop: Drop,
): Tensor {
  const { hidden_size: width, intermediate_size: inner, hidden_dropout_prob: rate } = config;
  const normed = norm(config);
  const { attention, intermediate, output } = params;
  const seen = linear({ inputs: width, outputs: width }).apply(
    attention.output.dense,
    selfAttention(config, attention.self, x, mask, drop),
  );
  const attended = normed(attention.output.LayerNorm, tf.add(drop(seen, rate), x));
  const wide = gelu(linear({ inputs: width, outputs: inner }).apply(intermediate.dense, attended));
  const narrow = linear({ inputs: inner, outputs: width }).apply(output.dense, wide);
  return normed(output.LayerNorm, tf.add(drop(narrow, rate), attended));
}

function selfAttention(
  { hidden_size: width, num_attention_heads: heads, attention_probs_dropout_prob: rate }: RobertaConfig,
  params: RobertaLayerParams['attention']['self'],
  x: Tensor,
  mask: Tensor,
  drop: Drop,
): Tensor {
  const [batch, length] = [x.shape[0], x.shape[1]!];
  const map = linear({ inputs: width, outputs: width });
  const [q, k, v] = [params.query, params.key, params.value].map((each) =>
    tf.transpose(tf.reshape(map.apply(each, x), [batch, length, heads, width / heads]), [0, 2, 1, 3]),
  ) as [Tensor, Tensor, Tensor];
  const seen = attend(q, k, v, {
    mask: tf.reshape(mask, [batch, 1, 1, length]),
    mapWeights: (weights) => drop(weights, rate),
  });
  return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [batch, length, width]);
}

/** The normalisation with its parameters under their published names. */
export function norm({ hidden_size: size, layer_norm_eps: epsilon }: RobertaConfig) {
  const module = layerNorm({ size, epsilon });
  return ({ weight, bias }: NormWeights, x: Tensor): Tensor => module.apply({ scale: weight, bias }, x);
}
