import {
  conv2d,
  groupNorm,
  normalInit,
  silu,
  tf,
  type ConvParams,
  type NormParams,
  type Tensor,
} from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { foldIn, split, type Key } from '@lab/tensor-core/random';
import { assertImage } from './image-unet';
import { double, halve } from './resample';
import { groupsFor, residualBlock, type ResidualBlockParams } from './residual-block';

export interface ImageAutoencoderOptions {
  /** Channels of an image. */
  readonly channels: number;
  /** Channels of a latent. @default 4 */
  readonly latentChannels?: number;
  /** Channels at each resolution, from the image to the latent: one halving between neighbours. @default [16, 32, 32] */
  readonly widths?: readonly number[];
  /** Residual blocks at each resolution. @default 1 */
  readonly blocks?: number;
  /** Groups of a normalisation, lowered where they do not divide the channels. @default 8 */
  readonly groups?: number;
}

export interface ImageAutoencoderParams {
  readonly encoder: HalfParams;
  readonly decoder: HalfParams;
}

interface HalfParams {
  readonly input: ConvParams;
  readonly levels: readonly (readonly ResidualBlockParams[])[];
  readonly resample: readonly ConvParams[];
  readonly norm: NormParams;
  readonly output: ConvParams;
}

/** Images [B, h, w, C] and latents [B, h / f, w / f, latentChannels], `f = 2^(widths - 1)`. */
export interface ImageAutoencoder<Params = ImageAutoencoderParams> {
  /** f, by which a latent is smaller than its image along each side. */
  readonly factor: number;
  readonly latentChannels: number;
  init(key: Key): Params;
  encode(params: Params, x: Tensor): Tensor;
  decode(params: Params, z: Tensor): Tensor;
}

/**
 * A convolutional autoencoder: residual blocks at falling resolutions and their mirror image, deterministic and
 * differentiable both ways (Rombach et al. 2022, section 3.1, without the adversary).
 *
 * @throws LabError `argument` for sizes that are not positive integers, `shape` for an image that cannot be halved
 * @example
 * const autoencoder = imageAutoencoder({ channels: 3, latentChannels: 4 });
 * const z = autoencoder.encode(params, images);
 */
export function imageAutoencoder({
  channels,
  latentChannels = 4,
  widths = [16, 32, 32],
  blocks = 1,
  groups = 8,
}: ImageAutoencoderOptions): ImageAutoencoder {
  const [first] = widths;
  const last = widths[widths.length - 1];
  const whole = [channels, latentChannels, blocks, groups, ...widths].every(
    (size) => Number.isInteger(size) && size > 0,
  );
  if (first === undefined || last === undefined || !whole)
    throw new LabError('argument', 'imageAutoencoder needs positive integers and at least one width', {
      received: { channels, latentChannels, widths, blocks, groups },
    });
  const factor = 2 ** (widths.length - 1);
  const encoder = half({
    ...{ inputs: channels, outputs: latentChannels, widths, blocks, groups },
    resample: widths.slice(0, -1).map(halve),
  });
  const back = [...widths].reverse();
  const decoder = half({
    ...{ inputs: latentChannels, outputs: channels, widths: back, blocks, groups },
    resample: back.slice(0, -1).map(double),
  });
  return {
    factor,
    latentChannels,
    init(key) {
      const [forEncoder, forDecoder] = split(key) as [Key, Key];
      return { encoder: encoder.init(forEncoder), decoder: decoder.init(forDecoder) };
    },
    encode(params, x) {
      assertImage(x, { channels, divisor: factor });
      return tf.tidy(() => encoder.apply(params.encoder, x));
    },
    decode(params, z) {
      assertImage(z, { channels: latentChannels, divisor: 1 });
      return tf.tidy(() => decoder.apply(params.decoder, z));
    },
  };
}

interface HalfOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly widths: readonly number[];
  readonly blocks: number;
  readonly groups: number;
  /** One change of resolution between neighbouring widths, on the channels of the first of them. */
  readonly resample: readonly ReturnType<typeof halve>[];
}

function half({ inputs, outputs, widths, blocks, groups, resample }: HalfOptions) {
  const [first, last] = [widths[0]!, widths[widths.length - 1]!];
  const input = conv2d({ inputs, outputs: first, size: 3 });
  const levels = widths.map((width, level) =>
    Array.from({ length: blocks }, (_, i) =>
      residualBlock({
        inputs: i === 0 ? (widths[level - 1] ?? first) : width,
        outputs: width,
        context: 0,
        groups,
      }),
    ),
  );
  const norm = groupNorm({ channels: last, groups: groupsFor(last, groups) });
  const output = conv2d({ inputs: last, outputs, size: 3, init: normalInit(1 / Math.sqrt(9 * last)) });
  return {
    init(key: Key): HalfParams {
      const keys = split(key, 4) as [Key, Key, Key, Key];
      return {
        input: input.init(keys[0]),
        levels: levels.map((level, i) => level.map((block, j) => block.init(foldIn(foldIn(keys[1], i), j)))),
        resample: resample.map((each, i) => each.init(foldIn(keys[2], i))),
        norm: norm.init(keys[3]),
        output: output.init(keys[3]),
      };
    },
    apply(params: HalfParams, x: Tensor): Tensor {
      let hidden = input.apply(params.input, x);
      levels.forEach((level, i) => {
        if (i > 0) hidden = resample[i - 1]!.apply(params.resample[i - 1]!, hidden);
        level.forEach((block, j) => {
          hidden = block.apply(params.levels[i]![j]!, hidden);
        });
      });
      return output.apply(params.output, silu(norm.apply(params.norm, hidden)));
    },
  };
}
