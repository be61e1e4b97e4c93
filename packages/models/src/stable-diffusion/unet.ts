import { silu, type Attend, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { affine, convolution, groupNormed } from '../parts/layers';
import { compound, networkOf, type NetworkParams } from '../parts/part';
import { timeSines } from '../parts/time-sines';
import type { Architecture } from '../weights/architecture';
import {
  assertChannels,
  assertPlanes,
  refuseOthers,
  stableDiffusionUnet,
  type UNet2dConditionConfig,
} from './config';
import { downBlock, middleBlock, upBlock, type BlockSettings } from './unet-blocks';

/** A state, the times that it was noised to, and a text: the prediction, of the state's shape. */
export type UNet2dCondition = Architecture<
  NetworkParams,
  [latents: Tensor, times: Tensor, context: Tensor | undefined],
  Tensor
>;

export interface UNet2dConditionOptions {
  /**
   * Replaces softmax attention to the text, with the weights as they are: for tokens of images behind those of the text.
   * @default softmax attention
   */
  readonly attendText?: Attend | undefined;
  /** Replaces softmax attention of the image's places to each other, with the weights as they are. @default softmax attention */
  readonly attendImage?: Attend | undefined;
}

/**
 * The denoising network of Stable Diffusion (Rombach et al. 2022) under the names of diffusers' `UNet2DConditionModel`:
 * latents [batch, height, width, 4] that the autoencoder's factor has scaled, times [batch] from 0 to 999, and the last
 * states of CLIP's text tower [batch, length, cross_attention_dim].
 *
 * @throws LabError `unsupported` for blocks and settings that Stable Diffusion 1 and 2 do not have
 * @example
 * const unet = unet2dCondition(stableDiffusionUnet);
 * const params = loadStableDiffusion(unet, await readFile('unet/diffusion_pytorch_model.safetensors'));
 * const denoiser = networkDenoiser(unet, params, { predicts: 'epsilon', time: (t) => 1000 * t - 1 });
 */
export function unet2dCondition(
  config: UNet2dConditionConfig = stableDiffusionUnet,
  { attendText, attendImage }: UNet2dConditionOptions = {},
): UNet2dCondition {
  const plan = planOf(config);
  const { channels, heads, count, inputs, outputs } = plan;
  const settings = { ...plan.settings, attendText, attendImage };
  const [first, last, levels] = [channels[0]!, channels.at(-1)!, channels.length];
  const reversed = [...channels].reverse();
  const { down, up } = blocksOf(plan, config);
  const down_blocks = down.map((kind, i) =>
    downBlock(settings, {
      inputs: channels[i - 1] ?? first,
      outputs: channels[i]!,
      count,
      heads: kind === 'CrossAttnDownBlock2D' ? heads[i] : undefined,
      resamples: i < levels - 1,
    }),
  );
  // What the way down leaves behind, channel by channel.
  const left = [
    first,
    ...channels.flatMap((width, i) => Array<number>(count + (i < levels - 1 ? 1 : 0)).fill(width)),
  ];
  const up_blocks = up.map((kind, i) =>
    upBlock(settings, {
      inputs: reversed[i - 1] ?? last,
      outputs: reversed[i]!,
      count: count + 1,
      heads: kind === 'CrossAttnUpBlock2D' ? heads[levels - 1 - i] : undefined,
      resamples: i < levels - 1,
      skips: left.slice(left.length - (i + 1) * (count + 1), left.length - i * (count + 1)).reverse(),
    }),
  );
  const parts = {
    conv_in: convolution({ inputs, outputs: first, size: 3 }),
    time_embedding: {
      linear_1: affine({ inputs: first, outputs: settings.time }),
      linear_2: affine({ inputs: settings.time, outputs: settings.time }),
    },
    down_blocks,
    mid_block: middleBlock(settings, last, heads.at(-1)!),
    up_blocks,
    conv_norm_out: groupNormed(first, settings.groups, settings.epsilon),
    conv_out: convolution({ inputs: first, outputs, size: 3 }),
  };
  return networkOf(
    compound(parts, (params, latents: Tensor, times: Tensor, context: Tensor | undefined) => {
      const given = assertInputs(plan, latents, times, context);
      const { linear_1, linear_2 } = parts.time_embedding;
      const hidden = silu(linear_1.apply(params.time_embedding.linear_1, timeSines(times, first)));
      const told = { embedded: linear_2.apply(params.time_embedding.linear_2, hidden), context: given };
      const seen = [parts.conv_in.apply(params.conv_in, latents)];
      down_blocks.forEach((block, i) =>
        seen.push(...block.apply(params.down_blocks[i]!, seen.at(-1)!, told)),
      );
      let state = parts.mid_block.apply(params.mid_block, seen.at(-1)!, told);
      up_blocks.forEach((block, i) => {
        const unread = seen.slice(0, seen.length - i * (count + 1));
        state = block.apply(params.up_blocks[i]!, state, unread, told);
      });
      return parts.conv_out.apply(
        params.conv_out,
        silu(parts.conv_norm_out.apply(params.conv_norm_out, state)),
      );
    }),
  );
}

interface Plan {
  readonly channels: readonly number[];
  readonly settings: BlockSettings;
  /** One for each resolution, the highest first. */
  readonly heads: readonly number[];
  /** Residual blocks of a resolution on the way down. */
  readonly count: number;
  readonly inputs: number;
  readonly outputs: number;
}

function planOf(config: UNet2dConditionConfig): Plan {
  const {
    block_out_channels: channels,
    attention_head_dim: given = 8,
    norm_num_groups: groups = 32,
  } = config;
  refuseOthers('unet2dCondition', config, {
    ...{
      act_fn: 'silu',
      center_input_sample: false,
      flip_sin_to_cos: true,
      freq_shift: 0,
      downsample_padding: 1,
    },
    ...{ mid_block_type: 'UNetMidBlock2DCrossAttn', mid_block_scale_factor: 1, dual_cross_attention: false },
    ...{ only_cross_attention: false, upcast_attention: false, resnet_time_scale_shift: 'default' },
    ...{ class_embed_type: undefined, addition_embed_type: undefined, time_embedding_type: 'positional' },
    ...{ conv_in_kernel: 3, conv_out_kernel: 3, transformer_layers_per_block: 1 },
  });
  assertChannels('unet2dCondition', channels, groups);
  const heads = typeof given === 'number' ? channels.map(() => given) : given;
  if (heads.length !== channels.length || channels.some((width, i) => width % heads[i]! !== 0))
    throw new LabError(
      'argument',
      'unet2dCondition: attention_head_dim must divide the channels of its block',
      {
        argument: 'attention_head_dim',
        received: { attention_head_dim: heads, block_out_channels: channels },
      },
    );
  return {
    channels,
    heads,
    count: config.layers_per_block ?? 2,
    inputs: config.in_channels ?? 4,
    outputs: config.out_channels ?? 4,
    settings: {
      groups,
      epsilon: config.norm_eps ?? 1e-5,
      time: 4 * channels[0]!,
      contextWidth: config.cross_attention_dim,
      isLinear: config.use_linear_projection ?? false,
    },
  };
}

function blocksOf({ channels }: Plan, { down_block_types: down, up_block_types: up }: UNet2dConditionConfig) {
  const known = ['CrossAttnDownBlock2D', 'DownBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'];
  for (const [argument, kinds] of Object.entries({ down_block_types: down, up_block_types: up }))
    if (kinds.length !== channels.length || kinds.some((kind) => !known.includes(kind)))
      throw new LabError(
        'unsupported',
        `unet2dCondition: ${argument} names one known block for each resolution`,
        {
          argument,
          expected: `${channels.length} of ${known.join(', ')}`,
          received: kinds,
        },
      );
  return { down, up };
}

function assertInputs(
  { channels, inputs, settings }: Plan,
  latents: Tensor,
  times: Tensor,
  context: Tensor | undefined,
): Tensor {
  assertPlanes('unet2dCondition', latents.shape, { channels: inputs, factor: 2 ** (channels.length - 1) });
  if (times.rank !== 1 || times.shape[0] !== latents.shape[0])
    throw new LabError('shape', 'unet2dCondition: there is one time for each state', {
      argument: 'times',
      expected: [latents.shape[0]],
      received: times.shape,
    });
  if (
    context?.rank !== 3 ||
    context.shape[0] !== latents.shape[0] ||
    context.shape[2] !== settings.contextWidth
  )
    throw new LabError('shape', 'unet2dCondition: the text has another shape', {
      argument: 'context',
      expected: `[${latents.shape[0]}, length, ${settings.contextWidth}]`,
      received: context?.shape ?? 'nothing',
      hint: "the last states of the text tower: clipText(...).apply(params, { ids }).last; for no text, those of ''",
    });
  return context;
}
