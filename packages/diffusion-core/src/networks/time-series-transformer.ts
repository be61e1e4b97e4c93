import { tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { split, type Key } from '@lab/tensor-core/random';
import { dense, denseInit, normalTensor, silu, type DenseParams } from './dense';
import { metadataEmbedding, type MetadataOptions, type MetadataParams } from './metadata';
import type { DenoisingNetwork } from './mlp-denoiser';
import { timeEmbedding, timeEmbeddingSize, type TimeEmbeddingOptions } from './time-embedding';

export interface TimeSeriesTransformerOptions {
  /** Time steps L of a series. */
  readonly length: number;
  /** Channels K of a series. */
  readonly channels: number;
  /** Width of a token, a multiple of `heads`. @default 64 */
  readonly width?: number;
  /** Transformer blocks. @default 2 */
  readonly layers?: number;
  /** Attention heads. @default 4 */
  readonly heads?: number;
  /** Time steps in one token; divides `length`. Cost falls with it, and more than linearly. @default 4 */
  readonly patch?: number;
  readonly time?: TimeEmbeddingOptions;
  /** Makes the network conditional on metadata, constant or varying with time. @default unconditional */
  readonly metadata?: MetadataOptions;
}

export interface TransformerBlockParams {
  /** Adds the embedding of time and metadata, as each residual block of CSDI does. */
  readonly context: DenseParams;
  readonly query: DenseParams;
  readonly key: DenseParams;
  readonly value: DenseParams;
  readonly projection: DenseParams;
  /** [width, 2 width] */
  readonly up: DenseParams;
  /** [width, 2 width] */
  readonly gate: DenseParams;
  readonly down: DenseParams;
}

export interface TimeSeriesTransformerParams {
  readonly input: DenseParams;
  /** [tokens, width] learned position of each token. */
  readonly position: Tensor;
  readonly time: DenseParams;
  readonly blocks: readonly TransformerBlockParams[];
  readonly output: DenseParams;
  /** [time embedding, L K]: the time-dependent gate of the linear skip. */
  readonly gate: Tensor;
  readonly metadata?: MetadataParams;
}

/**
 * A transformer over the time steps of a series [B, L, K], sized for a CPU: patches of time steps with all channels
 * are the tokens (so channels mix in the first product), blocks are attention and a gated layer with pre-normalisation,
 * diffusion time and metadata are added to every token in every block (CSDI, TIME WEAVER), and a time-dependent gate
 * passes the state itself to the output.
 *
 * @throws LabError `argument` when `patch` does not divide `length` or `heads` does not divide `width`
 * @example
 * const network = timeSeriesTransformer({ length: 96, channels: 4, patch: 8 });
 */
export function timeSeriesTransformer({
  length,
  channels,
  width = 64,
  layers = 2,
  heads = 4,
  patch = 4,
  time = {},
  metadata,
}: TimeSeriesTransformerOptions): DenoisingNetwork<TimeSeriesTransformerParams> {
  assertSizes({ length, channels, width, layers, heads, patch });
  const tokens = length / patch;
  const patchSize = patch * channels;
  const timeSize = timeEmbeddingSize(time);
  const embedder = metadata && metadataEmbedding(metadata, width);

  const initBlock = (key: Key): TransformerBlockParams => {
    const keys = split(key, 8);
    // Only the context is affine: in the others a bias costs as much as a product of these sizes and adds nothing.
    const layer = (
      index: number,
      inputs: number,
      outputs: number,
      scale = 1 / Math.sqrt(inputs),
    ): DenseParams => denseInit(keys[index]!, { inputs, outputs, scale, bias: index === 0 });
    return {
      context: layer(0, width, width),
      query: layer(1, width, width),
      key: layer(2, width, width),
      value: layer(3, width, width),
      projection: layer(4, width, width, 0.02),
      up: layer(5, width, 2 * width),
      gate: layer(6, width, 2 * width),
      down: layer(7, 2 * width, width, 0.02),
    };
  };

  return {
    init(key) {
      const keys = split(key, 6 + layers);
      return {
        input: denseInit(keys[0]!, { inputs: patchSize, outputs: width }),
        position: normalTensor(keys[1]!, [tokens, width], 0.02),
        time: denseInit(keys[2]!, { inputs: timeSize, outputs: width }),
        blocks: keys.slice(6).map(initBlock),
        output: denseInit(keys[3]!, { inputs: width, outputs: patchSize, scale: 0.01 }),
        gate: normalTensor(keys[4]!, [timeSize, length * channels], 0.01),
        ...(embedder ? { metadata: embedder.init(keys[5]!) } : {}),
      };
    },
    apply(params, x, t, condition) {
      if (x.shape.length !== 3 || x.shape[1] !== length || x.shape[2] !== channels)
        throw new LabError('shape', 'the network was made for another series', {
          expected: `[batch, ${length}, ${channels}]`,
          received: x.shape,
        });
      const batch = x.shape[0];
      const clock = timeEmbedding(t, time);
      const known =
        embedder && params.metadata && condition
          ? perToken(embedder.apply(params.metadata, condition), { batch, tokens, width, patch })
          : undefined;
      const moment = tf.reshape(dense(params.time, clock), [batch, 1, width]);
      const context = silu(known ? tf.add(moment, known) : moment);
      const embedded = dense(params.input, tf.reshape(x, [batch, tokens, patchSize]));
      let hidden = tf.add(embedded, params.position);
      for (const block of params.blocks) hidden = applyBlock(block, { hidden, context, heads });
      const output = tf.reshape(dense(params.output, normalize(hidden)), [batch, length * channels]);
      const skipped = tf.mul(tf.matMul(clock, params.gate), tf.reshape(x, [batch, length * channels]));
      return tf.reshape(tf.add(output, skipped), x.shape);
    },
  };
}

function applyBlock(
  params: TransformerBlockParams,
  { hidden, context, heads }: { hidden: Tensor; context: Tensor; heads: number },
): Tensor {
  const placed = tf.add(hidden, dense(params.context, context));
  const attended = tf.add(placed, dense(params.projection, selfAttention(params, normalize(placed), heads)));
  const normal = normalize(attended);
  const gated = tf.mul(dense(params.up, normal), silu(dense(params.gate, normal)));
  return tf.add(attended, dense(params.down, gated));
}

/**
 * Softmax attention of every token to all, on x [B, N, width].
 *
 * Separate products and transposes of rank 4: WebAssembly splits and transposes one fused product of rank 5 ten times
 * slower than it computes three.
 */
function selfAttention(params: TransformerBlockParams, x: Tensor, heads: number): Tensor {
  const [batch, tokens, width] = x.shape as [number, number, number];
  const size = width / heads;
  const byHead = (layer: DenseParams, order: number[], shape: number[]): Tensor =>
    tf.reshape(tf.transpose(tf.reshape(dense(layer, x), [batch, tokens, heads, size]), order), shape);
  const query = byHead(params.query, [0, 2, 1, 3], [batch * heads, tokens, size]);
  const key = byHead(params.key, [0, 2, 3, 1], [batch * heads, size, tokens]);
  const value = byHead(params.value, [0, 2, 1, 3], [batch * heads, tokens, size]);
  const scores = tf.matMul(tf.mul(query, 1 / Math.sqrt(size)), key);
  const mixed = tf.reshape(tf.matMul(tf.softmax(scores), value), [batch, heads, tokens, size]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, width]);
}

/** Root mean square normalisation (Zhang & Sennrich 2019); its gain is the next layer's. */
function normalize(x: Tensor): Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5)));
}

/** Metadata for each token: the same for all, or the mean over the time steps of a patch. */
function perToken(
  embedded: Tensor,
  { batch, tokens, width, patch }: { batch: number; tokens: number; width: number; patch: number },
): Tensor {
  if (embedded.shape.length === 2) return tf.reshape(embedded, [batch, 1, width]);
  return tf.mean(tf.reshape(embedded, [batch, tokens, patch, width]), 2);
}

function assertSizes(sizes: Record<string, number>): void {
  const { length, width, heads, patch } = sizes as Record<'length' | 'width' | 'heads' | 'patch', number>;
  const positive = Object.values(sizes).every((size) => Number.isInteger(size) && size > 0);
  if (!positive || length % patch !== 0 || width % heads !== 0)
    throw new LabError(
      'argument',
      'timeSeriesTransformer needs positive integers with patch dividing length and heads dividing width',
      { received: sizes },
    );
}
