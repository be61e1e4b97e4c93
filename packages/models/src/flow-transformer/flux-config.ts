import { LabError } from '@lab/tensor-core/errors';
import { refuseOthers } from '../stable-diffusion/config';

/** Sizes of Flux's transformer, in the words of diffusers' `config.json`. */
export interface FluxConfig {
  /** Entries of a token: four times the channels of a latent. @default 64 */
  readonly in_channels?: number | undefined;
  /** Blocks that keep tokens of text and image apart, except in attention. @default 19 */
  readonly num_layers?: number | undefined;
  /** Blocks that treat them as one row. @default 38 */
  readonly num_single_layers?: number | undefined;
  /** Entries of a head. @default 128 */
  readonly attention_head_dim?: number | undefined;
  /** @default 24 */
  readonly num_attention_heads?: number | undefined;
  /** Width of a token of the text, T5's. @default 4096 */
  readonly joint_attention_dim?: number | undefined;
  /** Width of the text as a whole, CLIP's. @default 768 */
  readonly pooled_projection_dim?: number | undefined;
  /** Whether guidance is an input: of dev, not of schnell. @default false */
  readonly guidance_embeds?: boolean | undefined;
  /** Entries of a head that turn with each of the three coordinates of a place; even. @default [16, 56, 56] */
  readonly axes_dims_rope?: readonly number[] | undefined;
}

/** FLUX.1 dev: 11,901,408,320 parameters. */
export const fluxDev: FluxConfig = { guidance_embeds: true };

/** FLUX.1 schnell: 11,891,178,560 parameters. */
export const fluxSchnell: FluxConfig = {};

/** Sizes that are there and fit each other. */
export interface FluxSizes {
  readonly inputs: number;
  readonly double: number;
  readonly single: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly width: number;
  readonly textWidth: number;
  readonly pooledWidth: number;
  readonly isGuided: boolean;
  readonly axes: readonly number[];
}

export function fluxSizes(config: FluxConfig): FluxSizes {
  refuseOthers('fluxTransformer', config, { patch_size: 1, out_channels: config.in_channels ?? 64 });
  const { attention_head_dim: headWidth = 128, num_attention_heads: heads = 24 } = config;
  const axes = config.axes_dims_rope ?? [16, 56, 56];
  const counts = {
    in_channels: config.in_channels ?? 64,
    num_layers: config.num_layers ?? 19,
    num_single_layers: config.num_single_layers ?? 38,
    attention_head_dim: headWidth,
    num_attention_heads: heads,
    joint_attention_dim: config.joint_attention_dim ?? 4096,
    pooled_projection_dim: config.pooled_projection_dim ?? 768,
  };
  for (const [argument, received] of Object.entries(counts)) {
    const least = argument.endsWith('_layers') ? 0 : 1;
    if (!(Number.isSafeInteger(received) && received >= least))
      throw new LabError('argument', `fluxTransformer: ${argument} is a whole number from ${least}`, {
        argument,
        received,
      });
  }
  const isEven = axes.every((each) => Number.isSafeInteger(each) && each > 0 && each % 2 === 0);
  if (axes.length !== 3 || !isEven || axes.reduce((sum, each) => sum + each, 0) !== headWidth)
    throw new LabError('argument', 'fluxTransformer: axes_dims_rope are three even sizes that fill a head', {
      argument: 'axes_dims_rope',
      expected: `even sizes of sum ${headWidth}`,
      received: axes,
    });
  return {
    inputs: counts.in_channels,
    double: counts.num_layers,
    single: counts.num_single_layers,
    heads,
    headWidth,
    width: heads * headWidth,
    textWidth: counts.joint_attention_dim,
    pooledWidth: counts.pooled_projection_dim,
    isGuided: config.guidance_embeds ?? false,
    axes,
  };
}
