import { linear, normalInit, silu, tf, type LinearParams, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { split, type Key } from '@lab/tensor-core/random';
import { metadataEmbedding, type MetadataOptions, type MetadataParams } from './metadata';
import type { DenoisingNetwork } from './mlp-denoiser';
import { timeFeatures, type TimeFeatureOptions } from './time-features';
import { normalize, transformerBlock, type TransformerBlockParams } from './transformer-block';

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
  readonly time?: TimeFeatureOptions;
  /** Makes the network conditional on metadata, constant or varying with time. @default unconditional */
  readonly metadata?: MetadataOptions;
}

export interface TimeSeriesTransformerParams {
  readonly input: LinearParams;
  /** [tokens, width] learned position of each token. */
  readonly position: Tensor;
  readonly time: LinearParams;
  readonly blocks: readonly TransformerBlockParams[];
  readonly output: LinearParams;
  /** [time features, L K], the time-dependent gate of the linear skip. */
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
  const clocks = timeFeatures(time);
  const embedder = metadata && metadataEmbedding(metadata, width);
  const input = linear({ inputs: patchSize, outputs: width });
  const moment = linear({ inputs: clocks.size, outputs: width });
  const block = transformerBlock(width, heads);
  const output = linear({ inputs: width, outputs: patchSize, init: normalInit(0.01) });

  return {
    init(key) {
      const [forInput, forPosition, forTime, forOutput, forGate, forMetadata, ...forBlocks] = split(
        key,
        6 + layers,
      ) as [Key, Key, Key, Key, Key, Key, ...Key[]];
      return {
        input: input.init(forInput),
        position: normalInit(0.02)(forPosition, [tokens, width]),
        time: moment.init(forTime),
        blocks: forBlocks.map((each) => block.init(each)),
        output: output.init(forOutput),
        gate: normalInit(0.01)(forGate, [clocks.size, length * channels]),
        ...(embedder ? { metadata: embedder.init(forMetadata) } : {}),
      };
    },
    apply(params, x, t, condition) {
      if (x.shape.length !== 3 || x.shape[1] !== length || x.shape[2] !== channels)
        throw new LabError('shape', 'the network was made for another series', {
          expected: `[batch, ${length}, ${channels}]`,
          received: x.shape,
        });
      const batch = x.shape[0];
      const clock = clocks.of(t);
      const now = tf.reshape(moment.apply(params.time, clock), [batch, 1, width]);
      const known =
        embedder && params.metadata && condition
          ? perToken(embedder.apply(params.metadata, condition), { batch, tokens, width, patch })
          : undefined;
      const context = silu(known ? tf.add(now, known) : now);
      const patches = input.apply(params.input, tf.reshape(x, [batch, tokens, patchSize]));
      let hidden = tf.add(patches, params.position);
      for (const each of params.blocks) hidden = block.apply(each, hidden, context);
      const read = tf.reshape(output.apply(params.output, normalize(hidden)), [batch, length * channels]);
      const skipped = tf.mul(tf.matMul(clock, params.gate), tf.reshape(x, [batch, length * channels]));
      return tf.reshape(tf.add(read, skipped), x.shape);
    },
  };
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
