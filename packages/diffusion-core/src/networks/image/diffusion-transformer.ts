import {
  attention,
  geluTanh,
  layerNorm,
  linear,
  normalInit,
  silu,
  tf,
  zerosInit,
  type Attend,
  type AttentionParams,
  type LinearParams,
  type Module,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, split, type Key } from '@lab/tensor-core/random';
import { metadataEmbedding, type MetadataOptions, type MetadataParams } from '../metadata';
import { timeFeatures, type TimeFeatureOptions } from '../time-features';
import type { ImageCondition, TokensOptions } from './condition';
import { assertImage } from './image-unet';
import { fromPatches, toPatches } from './patches';
import { joinTokens, tokenContext, type TokenContext } from './token-context';

export interface DiffusionTransformerOptions {
  /** Height of an image or latent, a multiple of `patch`. */
  readonly height: number;
  /** Width of an image or latent, a multiple of `patch`. */
  readonly width: number;
  readonly channels: number;
  /** Side of a patch in pixels. @default 2 */
  readonly patch?: number;
  /** Size of a token, a multiple of `heads`. @default 96 */
  readonly size?: number;
  /** @default 4 */
  readonly layers?: number;
  /** @default 4 */
  readonly heads?: number;
  readonly time?: TimeFeatureOptions;
  /** Makes the network conditional on classes or values of each image. @default unconditional */
  readonly metadata?: MetadataOptions;
  /** Makes the network read a text. @default no text */
  readonly tokens?: TokensOptions;
  /**
   * Replaces softmax attention in every layer, with the parameters as they are. The image's tokens ask; keys and values are the
   * image's, then the text's. @default softmax attention
   */
  readonly attend?: Attend | undefined;
}

export interface DiffusionTransformerBlockParams {
  /** [size, 6 size], shift, scale and gate of the attention and of the layer after it. */
  readonly modulation: LinearParams;
  readonly attention: AttentionParams;
  readonly up: LinearParams;
  readonly down: LinearParams;
}

export interface DiffusionTransformerParams {
  readonly input: LinearParams;
  /** [tokens, size] learned place of each patch. */
  readonly position: Tensor;
  readonly time: { readonly up: LinearParams; readonly down: LinearParams };
  readonly metadata?: MetadataParams;
  readonly tokens?: LinearParams;
  readonly blocks: readonly DiffusionTransformerBlockParams[];
  readonly modulation: LinearParams;
  readonly output: LinearParams;
}

/**
 * A diffusion transformer (Peebles & Xie 2023, adaLN-Zero): patches of an image are the tokens, time and condition set
 * shift, scale and gate of every layer, and the tokens of a text stand beside the image's in every attention. A block
 * starts as the identity and the network at 0.
 *
 * @throws LabError `argument` for sizes that do not fit, `shape` for another image
 * @example
 * const network = diffusionTransformer({ height: 16, width: 16, channels: 4 });
 */
export function diffusionTransformer({
  height,
  width,
  channels,
  patch = 2,
  size = 96,
  layers = 4,
  heads = 4,
  time = {},
  metadata,
  tokens,
  attend,
}: DiffusionTransformerOptions): Module<
  DiffusionTransformerParams,
  [x: Tensor, t: Tensor, condition?: ImageCondition]
> {
  const sizes = { height, width, channels, patch, size, layers, heads };
  const whole = Object.values(sizes).every((each) => Number.isInteger(each) && each > 0);
  if (!whole || height % patch !== 0 || width % patch !== 0 || size % heads !== 0)
    throw new LabError(
      'argument',
      'diffusionTransformer needs positive integers with patch dividing height and width, and heads dividing size',
      { received: sizes },
    );
  const patchSize = patch * patch * channels;
  const clocks = timeFeatures(time);
  const clock = {
    up: linear({ inputs: clocks.size, outputs: size }),
    down: linear({ inputs: size, outputs: size }),
  };
  const known = metadata && metadataEmbedding(metadata, size);
  const text = tokens && tokenContext(tokens, size);
  const block = modulatedBlock(size, heads, attend);
  const input = linear({ inputs: patchSize, outputs: size });
  const modulation = linear({ inputs: size, outputs: 2 * size, init: zerosInit });
  const output = linear({ inputs: size, outputs: patchSize, init: zerosInit });
  const norm = plainNorm(size);

  return {
    init(key) {
      const keys = split(key, 6);
      return {
        input: input.init(keys[0]!),
        position: normalInit(0.02)(keys[1]!, [(height / patch) * (width / patch), size]),
        time: { up: clock.up.init(foldIn(keys[2]!, 0)), down: clock.down.init(foldIn(keys[2]!, 1)) },
        ...(known && { metadata: known.init(keys[3]!) }),
        ...(text && { tokens: text.init(keys[4]!) }),
        blocks: Array.from({ length: layers }, (_, i) => block.init(foldIn(keys[5]!, i))),
        modulation: modulation.init(keys[0]!),
        output: output.init(keys[0]!),
      };
    },
    apply(params, x, t, condition) {
      assertImage(x, { channels, divisor: patch });
      if (x.shape[1] !== height || x.shape[2] !== width)
        throw new LabError('shape', 'the network was made for images of another size', {
          expected: `[batch, ${height}, ${width}, ${channels}]`,
          received: x.shape,
        });
      const now = clock.down.apply(params.time.down, silu(clock.up.apply(params.time.up, clocks.of(t))));
      const given = known && params.metadata && condition;
      const context = silu(given ? tf.add(now, known.apply(params.metadata, condition)) : now);
      const read =
        text && params.tokens && condition?.tokens ? text.apply(params.tokens, condition) : undefined;
      let hidden = tf.add(input.apply(params.input, toPatches(x, patch)), params.position);
      for (const each of params.blocks) hidden = block.apply(each, hidden, context, read);
      const [shift, scale] = modulations(modulation.apply(params.modulation, context), 2) as [Tensor, Tensor];
      const final = modulate(norm(hidden), shift, scale);
      return fromPatches(output.apply(params.output, final), x.shape, patch);
    },
  };
}

function modulatedBlock(
  size: number,
  heads: number,
  by: Attend | undefined,
): Module<
  DiffusionTransformerBlockParams,
  [tokens: Tensor, context: Tensor, text: TokenContext | undefined]
> {
  const modulation = linear({ inputs: size, outputs: 6 * size, init: zerosInit });
  const attend = attention({ width: size, heads, attend: by });
  const up = linear({ inputs: size, outputs: 4 * size });
  const down = linear({ inputs: 4 * size, outputs: size });
  const norm = plainNorm(size);
  return {
    init(key) {
      const keys = split(key, 3) as [Key, Key, Key];
      return {
        modulation: modulation.init(keys[0]),
        attention: attend.init(keys[0]),
        up: up.init(keys[1]),
        down: down.init(keys[2]),
      };
    },
    apply(params, tokens, context, text) {
      const [shift1, scale1, gate1, shift2, scale2, gate2] = modulations(
        modulation.apply(params.modulation, context),
        6,
      ) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
      const places = modulate(norm(tokens), shift1, scale1);
      const seen = attend.apply(params.attention, places, joinTokens(places, text));
      const attended = tf.add(tokens, tf.mul(gate1, seen));
      const normed = modulate(norm(attended), shift2, scale2);
      const layer = down.apply(params.down, geluTanh(up.apply(params.up, normed)));
      return tf.add(attended, tf.mul(gate2, layer));
    },
  };
}

const plainNorm = (size: number): ((x: Tensor) => Tensor) => {
  const norm = layerNorm({ size, scale: false, bias: false });
  return (x) => norm.apply({}, x);
};

/** [B, count size] as `count` tensors [B, 1, size]. */
function modulations(x: Tensor, count: number): Tensor[] {
  const [batch, total] = x.shape as [number, number];
  return tf.split(tf.reshape(x, [batch, 1, total]), count, -1);
}

const modulate = (x: Tensor, shift: Tensor, scale: Tensor): Tensor =>
  tf.add(tf.mul(x, tf.add(scale, 1)), shift);
