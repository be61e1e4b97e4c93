import {
  conv2d,
  groupNorm,
  linear,
  normalInit,
  silu,
  tf,
  type Attend,
  type ConvParams,
  type LinearParams,
  type Module,
  type NormParams,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, split, type Key } from '@lab/tensor-core/random';
import { metadataEmbedding, type MetadataOptions, type MetadataParams } from '../metadata';
import { timeFeatures, type TimeFeatureOptions } from '../time-features';
import type { ImageCondition, TokensOptions } from './condition';
import { imageAttention, type ImageAttentionParams } from './image-attention';
import { double, halve } from './resample';
import { groupsFor, residualBlock, type ResidualBlockParams } from './residual-block';
import { tokenContext } from './token-context';

export interface ImageUnetOptions {
  /** Channels of an image, or of a latent. */
  readonly channels: number;
  /** Channels at each resolution, from the whole image to the coarsest. @default [32, 64] */
  readonly widths?: readonly number[];
  /** Residual blocks at each resolution, on the way down and on the way up. @default 1 */
  readonly blocks?: number;
  /** Heads of the attention at the coarsest resolution; divides the last width. @default 4 */
  readonly heads?: number;
  /** Groups of a normalisation, lowered where they do not divide the channels. @default 8 */
  readonly groups?: number;
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

export interface ImageUnetParams {
  readonly input: ConvParams;
  readonly time: { readonly up: LinearParams; readonly down: LinearParams };
  readonly metadata?: MetadataParams;
  readonly tokens?: LinearParams;
  readonly down: readonly (readonly ResidualBlockParams[])[];
  readonly halve: readonly ConvParams[];
  readonly middle: {
    readonly before: ResidualBlockParams;
    readonly attention: ImageAttentionParams;
    readonly after: ResidualBlockParams;
  };
  readonly double: readonly ConvParams[];
  readonly up: readonly (readonly ResidualBlockParams[])[];
  readonly norm: NormParams;
  readonly output: ConvParams;
}

/**
 * The U-Net of Ho et al. 2020 (appendix B), sized for a CPU: residual blocks at falling resolutions, attention at the
 * coarsest, and back with the states of the way down beside. For images [B, h, w, channels] whose height and width are
 * divisible by 2 for every width but the first.
 *
 * @throws LabError `argument` for sizes that do not fit, `shape` for another image
 * @example
 * const network = imageUnet({ channels: 1, widths: [16, 32], metadata: { categories: [10] } });
 */
export function imageUnet({
  channels,
  widths = [32, 64],
  blocks = 1,
  heads = 4,
  groups = 8,
  time = {},
  metadata,
  tokens,
  attend,
}: ImageUnetOptions): Module<ImageUnetParams, [x: Tensor, t: Tensor, condition?: ImageCondition]> {
  const [first] = widths;
  const last = widths[widths.length - 1];
  const whole = [channels, blocks, heads, groups, ...widths].every(
    (size) => Number.isInteger(size) && size > 0,
  );
  if (first === undefined || last === undefined || !whole || last % heads !== 0)
    throw new LabError('argument', 'imageUnet needs positive integers, with heads dividing the last width', {
      received: { channels, widths, blocks, heads, groups },
    });
  const levels = widths.length;
  const clocks = timeFeatures(time);
  const embedding = 4 * first;
  const clock = {
    up: linear({ inputs: clocks.size, outputs: embedding }),
    down: linear({ inputs: embedding, outputs: embedding }),
  };
  const known = metadata && metadataEmbedding(metadata, embedding);
  const text = tokens && tokenContext(tokens, last);
  const block = (inputs: number, outputs: number) =>
    residualBlock({ inputs, outputs, context: embedding, groups });
  const input = conv2d({ inputs: channels, outputs: first, size: 3 });
  const down = widths.map((width, level) =>
    Array.from({ length: blocks }, (_, i) => block(i === 0 ? (widths[level - 1] ?? first) : width, width)),
  );
  const middle = {
    before: block(last, last),
    attention: imageAttention({ channels: last, heads, groups, attend }),
    after: block(last, last),
  };
  // Every block of the way up reads one state of the way down beside its own.
  const up = widths.map((width, level) =>
    Array.from({ length: blocks }, (_, i) =>
      block(width + (i === 0 ? (widths[level + 1] ?? last) : width), width),
    ),
  );
  const halving = widths.slice(0, -1).map(halve);
  const doubling = widths.slice(1).map(double);
  const norm = groupNorm({ channels: first, groups: groupsFor(first, groups) });
  const output = conv2d({ inputs: first, outputs: channels, size: 3, init: normalInit(0.01) });

  return {
    init(key) {
      const keys = split(key, 10);
      const each = <P>(modules: readonly Module<P, never>[], from: Key): P[] =>
        modules.map((module, i) => module.init(foldIn(from, i)));
      return {
        input: input.init(keys[0]!),
        time: { up: clock.up.init(keys[1]!), down: clock.down.init(keys[2]!) },
        ...(known && { metadata: known.init(keys[3]!) }),
        ...(text && { tokens: text.init(keys[4]!) }),
        down: down.map((level, i) => each(level, foldIn(keys[5]!, i))),
        halve: each(halving, keys[6]!),
        middle: {
          before: middle.before.init(foldIn(keys[7]!, 0)),
          attention: middle.attention.init(foldIn(keys[7]!, 1)),
          after: middle.after.init(foldIn(keys[7]!, 2)),
        },
        double: each(doubling, keys[8]!),
        up: up.map((level, i) => each(level, foldIn(keys[9]!, i))),
        norm: norm.init(keys[0]!),
        output: output.init(foldIn(keys[0]!, 1)),
      };
    },
    apply(params, x, t, condition) {
      assertImage(x, { channels, divisor: 2 ** (levels - 1) });
      const now = clock.down.apply(params.time.down, silu(clock.up.apply(params.time.up, clocks.of(t))));
      const given = known && params.metadata && condition;
      const context = given ? tf.add(now, known.apply(params.metadata, condition)) : now;
      const read =
        text && params.tokens && condition?.tokens ? text.apply(params.tokens, condition) : undefined;

      const states: Tensor[] = [];
      let hidden = input.apply(params.input, x);
      down.forEach((level, i) => {
        if (i > 0) hidden = halving[i - 1]!.apply(params.halve[i - 1]!, hidden);
        level.forEach((each, j) => {
          hidden = each.apply(params.down[i]![j]!, hidden, context);
          states.push(hidden);
        });
      });
      hidden = middle.before.apply(params.middle.before, hidden, context);
      hidden = middle.attention.apply(params.middle.attention, hidden, read);
      hidden = middle.after.apply(params.middle.after, hidden, context);
      for (let i = levels - 1; i >= 0; i--) {
        up[i]!.forEach((each, j) => {
          hidden = each.apply(params.up[i]![j]!, tf.concat([hidden, states.pop()!], -1), context);
        });
        if (i > 0) hidden = doubling[i - 1]!.apply(params.double[i - 1]!, hidden);
      }
      return output.apply(params.output, silu(norm.apply(params.norm, hidden)));
    },
  };
}

/** @throws LabError `shape` unless x is [B, h, w, channels] with height and width divisible. */
export function assertImage(x: Tensor, { channels, divisor }: { channels: number; divisor: number }): void {
  const [, height = 0, width = 0, last] = x.shape;
  if (x.rank !== 4 || last !== channels || height % divisor !== 0 || width % divisor !== 0)
    throw new LabError('shape', 'the network was made for other images', {
      expected: `[batch, height, width, ${channels}], height and width divisible by ${divisor}`,
      received: x.shape,
    });
}
