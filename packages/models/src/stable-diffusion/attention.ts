import { attend as softmaxAttend, gelu, tf, type Attend, type Tensor } from '@lab/tensor-core';
import { affine, convolution, groupNormed, layerNormed } from '../parts/layers';
import { compound } from '../parts/part';

export interface CrossAttentionOptions {
  readonly width: number;
  readonly heads: number;
  /** Entries of a place that is looked at. @default width */
  readonly contextWidth?: number;
  /** Of queries, keys and values. @default false */
  readonly bias?: boolean;
  /** @default softmax attention */
  readonly attend?: Attend | undefined;
}

/** Attention of x [batch, length, width] to a context [batch, places, contextWidth]. */
export function crossAttention({
  width,
  heads,
  contextWidth = width,
  bias = false,
  attend = softmaxAttend,
}: CrossAttentionOptions) {
  const [own, other] = [
    affine({ inputs: width, outputs: width, bias }),
    affine({ inputs: contextWidth, outputs: width, bias }),
  ];
  const out = affine({ inputs: width, outputs: width });
  return compound(
    { to_q: own, to_k: other, to_v: other, to_out: [out] },
    (params, x: Tensor, context: Tensor) => {
      const split = (y: Tensor): Tensor =>
        tf.transpose(tf.reshape(y, [y.shape[0], y.shape[1]!, heads, width / heads]), [0, 2, 1, 3]);
      const seen = attend(
        split(own.apply(params.to_q, x)),
        split(other.apply(params.to_k, context)),
        split(other.apply(params.to_v, context)),
      );
      return out.apply(params.to_out[0]!, tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), x.shape));
    },
  );
}

/** The autoencoder's attention: one head over all places. */
export function placeAttention({ channels, groups }: { readonly channels: number; readonly groups: number }) {
  const attention = crossAttention({ width: channels, heads: 1, bias: true });
  const norm = groupNormed(channels, groups, 1e-6);
  return {
    weights: (at: string) => [...norm.weights(`${at}.group_norm`), ...attention.weights(at)],
    apply: (
      params: Parameters<typeof attention.apply>[0] & {
        readonly group_norm: Parameters<typeof norm.apply>[0];
      },
      x: Tensor,
    ): Tensor => {
      const rows = placesOf(norm.apply(params.group_norm, x));
      return tf.add(x, tf.reshape(attention.apply(params, rows, rows), x.shape));
    },
  };
}

export interface TransformerOptions {
  readonly channels: number;
  readonly heads: number;
  readonly groups: number;
  readonly contextWidth: number;
  /** Whether its outer maps are matrices and not convolutions of size 1. */
  readonly isLinear: boolean;
  /** Of the attention to the text. @default softmax attention */
  readonly attendText?: Attend | undefined;
  /** Of the attention of the image to itself. @default softmax attention */
  readonly attendImage?: Attend | undefined;
}

/** A transformer over the places of an image, which also reads a text. */
export function imageTransformer({
  channels,
  heads,
  groups,
  contextWidth,
  isLinear,
  attendText,
  attendImage,
}: TransformerOptions) {
  const block = transformerBlock({ width: channels, heads, contextWidth, attendText, attendImage });
  const norm = groupNormed(channels, groups, 1e-6);
  if (isLinear) {
    const map = affine({ inputs: channels, outputs: channels });
    const parts = { norm, proj_in: map, transformer_blocks: [block], proj_out: map };
    return compound(parts, (params, x: Tensor, context: Tensor) => {
      const rows = map.apply(params.proj_in, placesOf(norm.apply(params.norm, x)));
      const read = block.apply(params.transformer_blocks[0]!, rows, context);
      return tf.add(x, tf.reshape(map.apply(params.proj_out, read), x.shape));
    });
  }
  const map = convolution({ inputs: channels, outputs: channels, size: 1 });
  const parts = { norm, proj_in: map, transformer_blocks: [block], proj_out: map };
  return compound(parts, (params, x: Tensor, context: Tensor) => {
    const rows = placesOf(map.apply(params.proj_in, norm.apply(params.norm, x)));
    const read = block.apply(params.transformer_blocks[0]!, rows, context);
    return tf.add(x, map.apply(params.proj_out, tf.reshape(read, x.shape)));
  });
}

/** Attention to itself, to the text, and a gated feed-forward part, each before a normalisation and added. */
function transformerBlock({
  width,
  heads,
  contextWidth,
  attendText,
  attendImage,
}: Required<Omit<CrossAttentionOptions, 'bias' | 'attend'>> &
  Pick<TransformerOptions, 'attendText' | 'attendImage'>) {
  const inner = 4 * width;
  const parts = {
    norm1: layerNormed(width),
    attn1: crossAttention({ width, heads, attend: attendImage }),
    norm2: layerNormed(width),
    attn2: crossAttention({ width, heads, contextWidth, attend: attendText }),
    norm3: layerNormed(width),
    ff: {
      net: {
        0: { proj: affine({ inputs: width, outputs: 2 * inner }) },
        2: affine({ inputs: inner, outputs: width }),
      },
    },
  };
  return compound(parts, (params, x: Tensor, context: Tensor) => {
    const own = parts.norm1.apply(params.norm1, x);
    const first = tf.add(x, parts.attn1.apply(params.attn1, own, own));
    const second = tf.add(
      first,
      parts.attn2.apply(params.attn2, parts.norm2.apply(params.norm2, first), context),
    );
    const { net } = params.ff;
    const wide = parts.ff.net[0].proj.apply(net[0].proj, parts.norm3.apply(params.norm3, second));
    const [values, gates] = tf.split(wide, 2, 2) as [Tensor, Tensor];
    return tf.add(second, parts.ff.net[2].apply(net[2], tf.mul(values, gelu(gates))));
  });
}

/** [batch, height, width, channels] as [batch, places, channels]. */
function placesOf(x: Tensor): Tensor {
  return tf.reshape(x, [x.shape[0], x.shape[1]! * x.shape[2]!, x.shape[3]!]);
}
