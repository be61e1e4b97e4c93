import { LabError } from '@lab/tensor-core/errors';

/** Sizes of the autoencoder, in the words of diffusers' `config.json`. */
export interface AutoencoderKlConfig {
  /** Channels of an image. @default 3 */
  readonly in_channels?: number | undefined;
  /** Channels of a decoded image. @default 3 */
  readonly out_channels?: number | undefined;
  /** @default 4 */
  readonly latent_channels?: number | undefined;
  /** Channels at each resolution, the highest first; each but the last halves height and width. */
  readonly block_out_channels: readonly number[];
  /** Residual blocks at each resolution of the encoder; the decoder has one more. @default 2 */
  readonly layers_per_block?: number | undefined;
  /** Groups of the normalisations; divides all channels. @default 32 */
  readonly norm_num_groups?: number | undefined;
  /** A latent is multiplied by it before diffusion. @default 0.18215 */
  readonly scaling_factor?: number | undefined;
}

/** The autoencoder of Stable Diffusion 1.x: 83,653,863 parameters. */
export const stableDiffusionVae: AutoencoderKlConfig = { block_out_channels: [128, 256, 512, 512] };

/** Kinds of block on the way down and on the way up. */
export type DownBlock = 'CrossAttnDownBlock2D' | 'DownBlock2D';
export type UpBlock = 'CrossAttnUpBlock2D' | 'UpBlock2D';

/** Sizes of the denoising network, in the words of diffusers' `config.json`. */
export interface UNet2dConditionConfig {
  /** Channels of a latent. @default 4 */
  readonly in_channels?: number | undefined;
  /** Channels of the prediction. @default 4 */
  readonly out_channels?: number | undefined;
  /** Channels at each resolution, the highest first; each but the last halves height and width. */
  readonly block_out_channels: readonly number[];
  /** One for each resolution, the highest first. */
  readonly down_block_types: readonly DownBlock[];
  /** One for each resolution, the lowest first. */
  readonly up_block_types: readonly UpBlock[];
  /** Residual blocks at each resolution on the way down; on the way up it is one more. @default 2 */
  readonly layers_per_block?: number | undefined;
  /** Width of a token of the text. */
  readonly cross_attention_dim: number;
  /**
   * The number of heads, of all blocks or of each on the way down. Published files call it so although it is no width.
   *
   * @default 8
   */
  readonly attention_head_dim?: number | readonly number[] | undefined;
  /** Attention's own maps are matrices and not convolutions of size 1, as in Stable Diffusion 2. @default false */
  readonly use_linear_projection?: boolean | undefined;
  /** Groups of the normalisations; divides all channels. @default 32 */
  readonly norm_num_groups?: number | undefined;
  /** Added to the variance in the residual blocks. @default 1e-5 */
  readonly norm_eps?: number | undefined;
}

/** The denoising network of Stable Diffusion 1.x, which predicts the noise: 859,520,964 parameters. */
export const stableDiffusionUnet: UNet2dConditionConfig = {
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  cross_attention_dim: 768,
};

/** Refuses what a published `config.json` may ask for and these networks do not do. */
export function refuseOthers(caller: string, config: object, only: Readonly<Record<string, unknown>>): void {
  const given = config as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(only))
    if (given[name] !== undefined && given[name] !== null && given[name] !== value)
      throw new LabError('unsupported', `${caller}: only ${name} ${String(value)} is supported`, {
        argument: name,
        received: given[name],
      });
}

/** Refuses channels that are no whole numbers or that the groups do not divide. */
export function assertChannels(caller: string, channels: readonly number[], groups: number): void {
  if (channels.length === 0 || channels.some((each) => !(Number.isSafeInteger(each) && each > 0)))
    throw new LabError('argument', `${caller}: channels are whole numbers from 1`, {
      argument: 'block_out_channels',
      received: channels,
    });
  if (channels.some((each) => each % groups !== 0))
    throw new LabError('argument', `${caller}: norm_num_groups must divide all channels`, {
      argument: 'norm_num_groups',
      received: { block_out_channels: channels, norm_num_groups: groups },
    });
}

/** Refuses an input of other channels, or whose height and width cannot be halved often enough. */
export function assertPlanes(
  caller: string,
  shape: readonly number[],
  { channels, factor }: { readonly channels: number; readonly factor: number },
): void {
  const [, height = 0, width = 0] = shape;
  if (shape.length !== 4 || shape[3] !== channels || height % factor !== 0 || width % factor !== 0)
    throw new LabError('shape', `${caller}: the input has another shape`, {
      argument: 'x',
      expected: `[batch, height, width, ${channels}], height and width multiples of ${factor}`,
      received: shape,
    });
}
