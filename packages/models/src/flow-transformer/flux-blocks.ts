import { attend, geluTanh, layerNorm, onesInit, rmsNorm, silu, tf, type Tensor } from '@lab/tensor-core';
import { affine, weight } from '../parts/layers';
import { compound, type Part } from '../parts/part';
import type { FluxSizes } from './flux-config';
import { turned, type Turn } from './turn-by-places';

/** What a block is told besides its tokens: the embedded time, guidance and text [batch, width], and the turn of all places. */
export interface Told {
  readonly embedded: Tensor;
  readonly turn: Turn;
}

/**
 * A layer normalisation whose factor and offset, and gates besides, come from the embedding of time and text (adaLN-zero,
 * Peebles & Xie 2023): [batch, 1, width] each, `pieces` of them.
 */
export function modulation(width: number, pieces: number) {
  const map = affine({ inputs: width, outputs: pieces * width });
  return compound({ linear: map }, (params, embedded: Tensor): Tensor[] => {
    const all = map.apply(params.linear, silu(embedded));
    return tf.split(tf.reshape(all, [embedded.shape[0], 1, pieces * width]), pieces, 2);
  });
}

/** A layer normalisation without weights of its own, then `(1 + factor) x + offset`. */
export function modulated(x: Tensor, factor: Tensor, offset: Tensor): Tensor {
  const norm = layerNorm({ size: x.shape.at(-1)!, epsilon: 1e-6, scale: false, bias: false });
  return tf.add(tf.mul(norm.apply({}, x), tf.add(factor, 1)), offset);
}

/** A block that keeps text and image apart: each has its own weights, and both attend to both. */
export function doubleBlock(sizes: FluxSizes) {
  const { width, headWidth } = sizes;
  const [map, norm] = [affine({ inputs: width, outputs: width }), headNorm(headWidth)];
  const [adaptation, feed] = [modulation(width, 6), feedForward(width)];
  const attn = {
    ...{ norm_q: norm, norm_k: norm, norm_added_q: norm, norm_added_k: norm },
    ...{ to_q: map, to_k: map, to_v: map, to_out: [map] },
    ...{ add_q_proj: map, add_k_proj: map, add_v_proj: map, to_add_out: map },
  };
  const parts = { norm1: adaptation, norm1_context: adaptation, attn, ff: feed, ff_context: feed };
  return compound(
    parts,
    (params, { text, image }: { text: Tensor; image: Tensor }, { embedded, turn }: Told) => {
      const [own, other] = [params.norm1, params.norm1_context].map((each) =>
        adaptation.apply(each, embedded),
      ) as [Tensor[], Tensor[]];
      const [x, c] = [modulated(image, own[1]!, own[0]!), modulated(text, other[1]!, other[0]!)];
      const at = params.attn;
      const split = (y: Tensor): Tensor => inHeads(y, sizes);
      // The text stands before the image.
      const q = joined(
        norm.apply(at.norm_added_q, split(map.apply(at.add_q_proj, c))),
        norm.apply(at.norm_q, split(map.apply(at.to_q, x))),
      );
      const k = joined(
        norm.apply(at.norm_added_k, split(map.apply(at.add_k_proj, c))),
        norm.apply(at.norm_k, split(map.apply(at.to_k, x))),
      );
      const v = joined(split(map.apply(at.add_v_proj, c)), split(map.apply(at.to_v, x)));
      const seen = fromHeads(attend(turned(q, turn), turned(k, turn), v));
      const [seenByText, seenByImage] = tf.split(seen, [text.shape[1]!, image.shape[1]!], 1) as [
        Tensor,
        Tensor,
      ];
      const after = (
        before: Tensor,
        read: Tensor,
        pieces: Tensor[],
        weights: Parameters<typeof feed.apply>[0],
      ): Tensor => {
        const [, , gate, offset, factor, lastGate] = pieces as [
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
          Tensor,
        ];
        const state = tf.add(before, tf.mul(gate, read));
        return tf.add(state, tf.mul(lastGate, feed.apply(weights, modulated(state, factor, offset))));
      };
      return {
        image: after(image, map.apply(at.to_out[0]!, seenByImage), own, params.ff),
        text: after(text, map.apply(at.to_add_out, seenByText), other, params.ff_context),
      };
    },
  );
}

/** A block over one row of text and image, whose attention and feed-forward part stand side by side. */
export function singleBlock(sizes: FluxSizes) {
  const { width, headWidth } = sizes;
  const [map, norm] = [affine({ inputs: width, outputs: width }), headNorm(headWidth)];
  const adaptation = modulation(width, 3);
  const wide = affine({ inputs: width, outputs: 4 * width });
  const out = affine({ inputs: 5 * width, outputs: width });
  const parts = {
    norm: adaptation,
    proj_mlp: wide,
    proj_out: out,
    attn: { norm_q: norm, norm_k: norm, to_q: map, to_k: map, to_v: map },
  };
  return compound(parts, (params, row: Tensor, { embedded, turn }: Told) => {
    const [offset, factor, gate] = adaptation.apply(params.norm, embedded) as [Tensor, Tensor, Tensor];
    const x = modulated(row, factor, offset);
    const { attn } = params;
    const q = norm.apply(attn.norm_q, inHeads(map.apply(attn.to_q, x), sizes));
    const k = norm.apply(attn.norm_k, inHeads(map.apply(attn.to_k, x), sizes));
    const v = inHeads(map.apply(attn.to_v, x), sizes);
    const seen = fromHeads(attend(turned(q, turn), turned(k, turn), v));
    const both = tf.concat([seen, geluTanh(wide.apply(params.proj_mlp, x))], 2);
    return tf.add(row, tf.mul(gate, out.apply(params.proj_out, both)));
  });
}

function feedForward(width: number) {
  const net = {
    0: { proj: affine({ inputs: width, outputs: 4 * width }) },
    2: affine({ inputs: 4 * width, outputs: width }),
  };
  return compound({ net }, (params, x: Tensor) =>
    net[2].apply(params.net[2], geluTanh(net[0].proj.apply(params.net[0].proj, x))),
  );
}

/** Root mean square 1 within a head, then a learnt factor. */
function headNorm(size: number): Part<{ readonly weight: Tensor }> {
  const norm = rmsNorm({ size, epsilon: 1e-6 });
  return {
    weights: (at) => [weight(`${at}.weight`, [size], onesInit)],
    apply: ({ weight: scale }, x) => norm.apply({ scale }, x),
  };
}

function inHeads(x: Tensor, { heads, headWidth }: FluxSizes): Tensor {
  return tf.transpose(tf.reshape(x, [x.shape[0], x.shape[1]!, heads, headWidth]), [0, 2, 1, 3]);
}

function fromHeads(x: Tensor): Tensor {
  const [batch, heads = 1, length = 1, width = 1] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}

function joined(text: Tensor, image: Tensor): Tensor {
  return tf.concat([text, image], 2);
}
