import { linear, normalInit, silu, tf, type LinearParams, type Module, type Tensor } from '@lab/tensor-core';
import { split } from '@lab/tensor-core/random';

export interface TransformerBlockParams {
  /** Adds the embedding of time and metadata, as each residual block of CSDI does. */
  readonly context: LinearParams;
  readonly query: LinearParams;
  readonly key: LinearParams;
  readonly value: LinearParams;
  readonly projection: LinearParams;
  /** [width, 2 width] */
  readonly up: LinearParams;
  /** [width, 2 width] */
  readonly gate: LinearParams;
  readonly down: LinearParams;
}

/**
 * Attention of every token to all and a gated layer, each after a normalisation and added to its input:
 * tokens [B, N, width] and their context [B, 1 or N, width] to [B, N, width].
 */
export function transformerBlock(
  width: number,
  heads: number,
): Module<TransformerBlockParams, [tokens: Tensor, context: Tensor]> {
  // Only the context is affine: in the others a bias costs as much as a product of these sizes and adds nothing.
  const layers = {
    context: linear({ inputs: width, outputs: width }),
    query: linear({ inputs: width, outputs: width, bias: false }),
    key: linear({ inputs: width, outputs: width, bias: false }),
    value: linear({ inputs: width, outputs: width, bias: false }),
    projection: linear({ inputs: width, outputs: width, bias: false, init: normalInit(0.02) }),
    up: linear({ inputs: width, outputs: 2 * width, bias: false }),
    gate: linear({ inputs: width, outputs: 2 * width, bias: false }),
    down: linear({ inputs: 2 * width, outputs: width, bias: false, init: normalInit(0.02) }),
  };
  const names = Object.keys(layers) as (keyof typeof layers)[];

  /**
   * Softmax attention. Separate products and transposes of rank 4: WebAssembly splits and transposes one fused product
   * of rank 5 ten times slower than it computes three.
   */
  const attend = (params: TransformerBlockParams, x: Tensor): Tensor => {
    const [batch, tokens] = x.shape as [number, number];
    const size = width / heads;
    const byHead = (y: Tensor, order: number[], shape: number[]): Tensor =>
      tf.reshape(tf.transpose(tf.reshape(y, [batch, tokens, heads, size]), order), shape);
    const rows = [batch * heads, tokens, size];
    const query = byHead(layers.query.apply(params.query, x), [0, 2, 1, 3], rows);
    const key = byHead(layers.key.apply(params.key, x), [0, 2, 3, 1], [batch * heads, size, tokens]);
    const value = byHead(layers.value.apply(params.value, x), [0, 2, 1, 3], rows);
    const shares = tf.softmax(tf.matMul(tf.mul(query, 1 / Math.sqrt(size)), key));
    const mixed = tf.reshape(tf.matMul(shares, value), [batch, heads, tokens, size]);
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, width]);
  };

  return {
    init(key) {
      const keys = split(key, names.length);
      const drawn: [string, LinearParams][] = names.map((name, i) => [name, layers[name].init(keys[i]!)]);
      return Object.fromEntries(drawn) as unknown as TransformerBlockParams;
    },
    apply(params, tokens, context) {
      const placed = tf.add(tokens, layers.context.apply(params.context, context));
      const attended = attend(params, normalize(placed));
      const joined = tf.add(placed, layers.projection.apply(params.projection, attended));
      const normal = normalize(joined);
      const gated = tf.mul(layers.up.apply(params.up, normal), silu(layers.gate.apply(params.gate, normal)));
      return tf.add(joined, layers.down.apply(params.down, gated));
    },
  };
}

/** Root mean square normalisation of the last axis (Zhang & Sennrich 2019); its gain is the next layer's. */
export function normalize(x: Tensor): Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5)));
}
