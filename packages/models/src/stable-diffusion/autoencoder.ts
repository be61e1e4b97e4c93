import { silu, tf, type Tensor } from '@lab/tensor-core';
import { convolution, groupNormed } from '../parts/layers';
import { compound, networkOf, type NetworkParams } from '../parts/part';
import type { Architecture } from '../weights/architecture';
import { placeAttention } from './attention';
import {
  assertChannels,
  assertPlanes,
  refuseOthers,
  stableDiffusionVae,
  type AutoencoderKlConfig,
} from './config';
import { downsampler, resnet, upsampler } from './resnet';

/** A normal distribution of latents, [batch, height / factor, width / factor, latent_channels] each. */
export interface LatentPosterior {
  /** Also the mode. */
  readonly mean: Tensor;
  /** Log variance, within [-30, 20]. */
  readonly logvar: Tensor;
}

/** The autoencoder: `apply` encodes images to the mean of their latents and decodes them again, unscaled. */
export interface AutoencoderKl extends Architecture<NetworkParams, [images: Tensor], Tensor> {
  /** Height and width of an image are this many times those of its latent. */
  readonly factor: number;
  /** A latent is multiplied by it before diffusion, and divided by it before it is decoded. */
  readonly scalingFactor: number;
  /** Images [batch, height, width, 3] in [-1, 1] to the distribution of their latents, unscaled. */
  encode(params: NetworkParams, images: Tensor): LatentPosterior;
  /** Latents, unscaled, to images [batch, height, width, 3], nearly in [-1, 1]. */
  decode(params: NetworkParams, latents: Tensor): Tensor;
}

/**
 * The autoencoder of Stable Diffusion (Rombach et al. 2022) under the names of diffusers' `AutoencoderKL`.
 *
 * @throws LabError `unsupported` for settings of a `config.json` that Stable Diffusion's do not have
 * @example
 * const vae = autoencoderKl(stableDiffusionVae);
 * const params = loadStableDiffusion(vae, await readFile('vae/diffusion_pytorch_model.safetensors'));
 * const latents = tf.mul(vae.encode(params, images).mean, vae.scalingFactor);
 */
export function autoencoderKl(config: AutoencoderKlConfig = stableDiffusionVae): AutoencoderKl {
  const {
    in_channels: colours = 3,
    out_channels: decoded = 3,
    latent_channels: latent = 4,
    block_out_channels: channels,
    norm_num_groups: groups = 32,
    scaling_factor: scalingFactor = 0.18215,
  } = config;
  refuseOthers('autoencoderKl', config, { act_fn: 'silu', mid_block_add_attention: true, shift_factor: 0 });
  assertChannels('autoencoderKl', channels, groups);
  const factor = 2 ** (channels.length - 1);
  const parts = {
    encoder: encoder(config, colours, 2 * latent),
    decoder: decoder(config, latent, decoded),
    quant_conv: convolution({ inputs: 2 * latent, outputs: 2 * latent, size: 1 }),
    post_quant_conv: convolution({ inputs: latent, outputs: latent, size: 1 }),
  };
  const encode = (params: NetworkParams, images: Tensor): LatentPosterior => {
    assertPlanes('autoencoderKl.encode', images.shape, { channels: colours, factor });
    const own = params as unknown as WholeParams;
    const moments = parts.quant_conv.apply(own.quant_conv, parts.encoder.apply(own.encoder, images));
    const [mean, logvar] = tf.split(moments, 2, 3) as [Tensor, Tensor];
    return { mean, logvar: tf.clipByValue(logvar, -30, 20) };
  };
  const decode = (params: NetworkParams, latents: Tensor): Tensor => {
    assertPlanes('autoencoderKl.decode', latents.shape, { channels: latent, factor: 1 });
    const own = params as unknown as WholeParams;
    return parts.decoder.apply(own.decoder, parts.post_quant_conv.apply(own.post_quant_conv, latents));
  };
  const whole = compound(parts, (params, images: Tensor) => {
    const named = params as unknown as NetworkParams;
    return decode(named, encode(named, images).mean);
  });
  type WholeParams = Parameters<typeof whole.apply>[0];
  return { ...networkOf(whole), factor, scalingFactor, encode, decode };
}

function encoder(config: AutoencoderKlConfig, inputs: number, outputs: number) {
  const { block_out_channels: channels, layers_per_block: count = 2, norm_num_groups: groups = 32 } = config;
  const last = channels.at(-1)!;
  const down_blocks = channels.map((width, i) => {
    const resnets = chain(count, channels[i - 1] ?? channels[0]!, width, groups);
    const downsamplers = i < channels.length - 1 ? [downsampler(width, [0, 1])] : undefined;
    return compound({ resnets, downsamplers }, (params, x: Tensor) => {
      const y = resnets.reduce((state, each, j) => each.apply(params.resnets[j]!, state), x);
      return downsamplers ? downsamplers[0]!.apply(params.downsamplers![0]!, y) : y;
    });
  });
  const parts = {
    conv_in: convolution({ inputs, outputs: channels[0]!, size: 3 }),
    down_blocks,
    mid_block: middle(last, groups),
    conv_norm_out: groupNormed(last, groups, 1e-6),
    conv_out: convolution({ inputs: last, outputs, size: 3 }),
  };
  return compound(parts, (params, x: Tensor) => {
    const start = parts.conv_in.apply(params.conv_in, x);
    const low = down_blocks.reduce((state, each, i) => each.apply(params.down_blocks[i]!, state), start);
    const mixed = parts.mid_block.apply(params.mid_block, low);
    return parts.conv_out.apply(
      params.conv_out,
      silu(parts.conv_norm_out.apply(params.conv_norm_out, mixed)),
    );
  });
}

function decoder(config: AutoencoderKlConfig, inputs: number, outputs: number) {
  const { block_out_channels, layers_per_block: count = 2, norm_num_groups: groups = 32 } = config;
  const channels = [...block_out_channels].reverse();
  const last = channels.at(-1)!;
  const up_blocks = channels.map((width, i) => {
    const resnets = chain(count + 1, channels[i - 1] ?? channels[0]!, width, groups);
    const upsamplers = i < channels.length - 1 ? [upsampler(width)] : undefined;
    return compound({ resnets, upsamplers }, (params, x: Tensor) => {
      const y = resnets.reduce((state, each, j) => each.apply(params.resnets[j]!, state), x);
      return upsamplers ? upsamplers[0]!.apply(params.upsamplers![0]!, y) : y;
    });
  });
  const parts = {
    conv_in: convolution({ inputs, outputs: channels[0]!, size: 3 }),
    up_blocks,
    mid_block: middle(channels[0]!, groups),
    conv_norm_out: groupNormed(last, groups, 1e-6),
    conv_out: convolution({ inputs: last, outputs, size: 3 }),
  };
  return compound(parts, (params, z: Tensor) => {
    const mixed = parts.mid_block.apply(params.mid_block, parts.conv_in.apply(params.conv_in, z));
    const high = up_blocks.reduce((state, each, i) => each.apply(params.up_blocks[i]!, state), mixed);
    return parts.conv_out.apply(params.conv_out, silu(parts.conv_norm_out.apply(params.conv_norm_out, high)));
  });
}

/** Residual blocks one after the other, the first of which changes the number of channels. */
function chain(count: number, inputs: number, outputs: number, groups: number) {
  return Array.from({ length: count }, (_, i) =>
    resnet({ inputs: i === 0 ? inputs : outputs, outputs, groups, epsilon: 1e-6 }),
  );
}

function middle(channels: number, groups: number) {
  const resnets = chain(2, channels, channels, groups);
  const attentions = [placeAttention({ channels, groups })];
  return compound({ attentions, resnets }, (params, x: Tensor) => {
    const first = resnets[0]!.apply(params.resnets[0]!, x);
    return resnets[1]!.apply(params.resnets[1]!, attentions[0]!.apply(params.attentions[0]!, first));
  });
}
