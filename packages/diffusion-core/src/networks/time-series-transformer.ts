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
  /** Query, key and value in one product: [width, 3 width]. */
  readonly attention: DenseParams;
  readonly projection: DenseParams;
  /** Value and gate in one product: [width, 4 width]. */
  readonly gated: DenseParams;
  readonly mix: DenseParams;
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
    const [context, attention, projection, gated, mix] = split(key, 5) as [Key, Key, Key, Key, Key];
    return {
      context: denseInit(context, { inputs: width, outputs: width }),
      attention: denseInit(attention, { inputs: width, outputs: 3 * width }),
      projection: denseInit(projection, { inputs: width, outputs: width, scale: 0.02 }),
      gated: denseInit(gated, { inputs: width, outputs: 4 * width }),
      mix: denseInit(mix, { inputs: 2 * width, outputs: width, scale: 0.02 }),
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
      const batch = x.shape[0]!;
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
  const attended = tf.add(
    placed,
    dense(params.projection, selfAttention(dense(params.attention, normalize(placed)), heads)),
  );
  const [value, gate] = tf.split(dense(params.gated, normalize(attended)), 2, -1) as [Tensor, Tensor];
  return tf.add(attended, dense(params.mix, tf.mul(value, silu(gate))));
}

/** Softmax attention of every token to all, from [B, N, 3 width] to [B, N, width]. */
function selfAttention(qkv: Tensor, heads: number): Tensor {
  const [batch, tokens, triple] = qkv.shape as [number, number, number];
  const size = triple / 3 / heads;
  const folded = tf.transpose(tf.reshape(qkv, [batch, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  const parts = tf.split(tf.reshape(folded, [3, batch * heads, tokens, size]), 3, 0);
  const [query, key, value] = parts.map((part) => tf.reshape(part, [batch * heads, tokens, size])) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const scores = tf.matMul(tf.mul(query, 1 / Math.sqrt(size)), key, false, true);
  const mixed = tf.reshape(tf.matMul(tf.softmax(scores), value), [batch, heads, tokens, size]);
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, heads * size]);
}

/** Each token to mean 0 and variance 1; the affine part is the next layer's. */
function normalize(x: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5)));
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
