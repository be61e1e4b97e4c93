import { disposeTree, tf, treeFromHost, type Tensor } from '@lab/tensor-core';
import { isLabError, LabError } from '@lab/tensor-core/errors';
import type { Bytes } from '@lab/tensor-core/io';
import { networkDenoiser, type Denoiser, type Schedule } from '@lab/diffusion-core';
import { clipTextStates } from '../clip/clip';
import type { ClipTextConfig } from '../clip/config';
import type { NetworkParams } from '../parts/part';
import { clipTokenizer } from '../tokenizer/clip-tokenizer';
import { textTokenizer, type TextTokenizer } from '../tokenizer/tokenizer';
import { loadWeights } from '../weights/load';
import { autoencoderKl } from './autoencoder';
import type { AutoencoderKlConfig, UNet2dConditionConfig } from './config';
import { loadStableDiffusion } from './load';
import { trainedWith, type SchedulerConfig } from './scheduler';
import { unet2dCondition, type UNet2dConditionOptions } from './unet';

/**
 * Reads a file of a folder by its path in it, such as `unet/config.json`; where there is none it throws a LabError `missing`, or an
 * error of code `ENOENT` as Node's readFile does.
 */
export type FolderReader = (path: string) => Promise<Bytes>;

/** A whole model: texts, latents and their denoiser, in the shapes that methods of this project take. */
export interface StableDiffusionPipeline {
  readonly schedule: Schedule;
  /** Its condition is a text's embedding [batch, length, width], of `embed`. */
  readonly denoiser: Denoiser<Tensor, Tensor>;
  /** The same with other attentions; not freed by `dispose` of the pipeline, but it needs the pipeline's weights. */
  denoiserWith(hooks: UNet2dConditionOptions): Denoiser<Tensor, Tensor>;
  /** Images [batch, height, width, 3] in [-1, 1] to scaled latents: the mean of the encoder's distribution. */
  encode(images: Tensor): Tensor;
  /** Scaled latents to images, nearly in [-1, 1]. */
  decode(latents: Tensor): Tensor;
  readonly tokenizer: TextTokenizer;
  /** Places of a text: 77. */
  readonly length: number;
  /** Embeddings of texts, cut and filled to `length`: [texts, length, width]. `''` is what stands for no text. */
  embed(texts: readonly string[]): Tensor;
  /** Sides of an image are multiples of it. */
  readonly unit: number;
  /** Frees weights and compiled graphs. */
  dispose(): void;
}

/**
 * Stable Diffusion 1 or 2 from a folder in diffusers' layout: `unet`, `vae`, `text_encoder` with `config.json` and safetensors,
 * `tokenizer` with `tokenizer.json` or `vocab.json` and `merges.txt`, and `scheduler/scheduler_config.json`. All tensors that its
 * functions return are the caller's.
 *
 * @throws LabError `missing` for a file that is not there, `format` for one that does not fit, `unsupported` for another model
 * @example
 * const pipeline = await stableDiffusionPipeline(async (path) => readFile(join(folder, path)));
 */
export async function stableDiffusionPipeline(read: FolderReader): Promise<StableDiffusionPipeline> {
  const json = async <T>(path: string): Promise<T> => parsed(path, await read(path)) as T;
  const unetConfig = await json<UNet2dConditionConfig>('unet/config.json');
  const vae = autoencoderKl(await json<AutoencoderKlConfig>('vae/config.json'));
  const unet = unet2dCondition(unetConfig);
  const textConfig = textSizes(await json<ClipTextConfig>('text_encoder/config.json'));
  const tower = clipTextStates(textConfig);
  const { schedule, predicts, time } = trainedWith(
    await json<SchedulerConfig>('scheduler/scheduler_config.json'),
  );
  const length = textConfig.max_position_embeddings;
  const tokenizer = await openTokenizer(read, length);
  const held: NetworkParams[] = [];
  const keep = (params: NetworkParams): NetworkParams => {
    held.push(params);
    return params;
  };
  try {
    const of = {
      text: keep(loadWeights(tower, await weights(read, 'text_encoder/model'))),
      vae: keep(loadStableDiffusion(vae, await weights(read, 'vae/diffusion_pytorch_model'))),
      unet: keep(loadStableDiffusion(unet, await weights(read, 'unet/diffusion_pytorch_model'))),
    };
    const denoiserWith = (hooks: UNet2dConditionOptions): Denoiser<Tensor, Tensor> =>
      networkDenoiser(unet2dCondition(unetConfig, hooks), of.unet, { predicts, time, schedule });
    const denoiser = denoiserWith({});
    return {
      schedule,
      denoiser,
      denoiserWith,
      tokenizer,
      length,
      unit: vae.factor * 2 ** (unetConfig.block_out_channels.length - 1),
      encode: (images) => tf.tidy(() => tf.mul(vae.encode(of.vae, images).mean, vae.scalingFactor)),
      decode: (latents) => tf.tidy(() => vae.decode(of.vae, tf.div(latents, vae.scalingFactor))),
      embed: (texts) =>
        tf.tidy(() => {
          const { ids } = treeFromHost({
            ids: tokenizer.encode(texts, { maxLength: length, padTo: length }).ids,
          });
          return tower.apply(of.text, { ids }).last;
        }),
      dispose() {
        denoiser.dispose?.();
        disposeTree(held);
      },
    };
  } catch (error) {
    disposeTree(held);
    throw error;
  }
}

/**
 * Whether a folder is one that `stableDiffusionPipeline` reads: it has a U-Net in diffusers' layout.
 *
 * @throws LabError whatever `read` throws but `missing`
 */
export async function isStableDiffusion(read: FolderReader): Promise<boolean> {
  return (await optional(read, 'unet/config.json')) !== undefined;
}

/** The sizes alone: published files carry settings of text generation too, some of them 0. */
function textSizes(given: ClipTextConfig): ClipTextConfig {
  const { vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads } = given;
  const { max_position_embeddings, hidden_act, layer_norm_eps, eos_token_id } = given;
  return {
    ...{ vocab_size, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads },
    ...{ max_position_embeddings, hidden_act, layer_norm_eps, eos_token_id },
  };
}

/** Weights as they are published: whole, or in halves. */
async function weights(read: FolderReader, path: string): Promise<Bytes> {
  return firstOf(read, [`${path}.safetensors`, `${path}.fp16.safetensors`]);
}

async function openTokenizer(read: FolderReader, maxLength: number): Promise<TextTokenizer> {
  const settings = parsed(
    'tokenizer/tokenizer_config.json',
    await read('tokenizer/tokenizer_config.json'),
  ) as { readonly pad_token?: string | { readonly content?: string } | null };
  const { pad_token: pad } = settings;
  const padding = typeof pad === 'string' ? pad : pad?.content;
  const whole = await optional(read, 'tokenizer/tokenizer.json');
  if (whole) {
    const content = parsed('tokenizer/tokenizer.json', whole);
    const plain = textTokenizer(content);
    // Its own padding serves unless the settings name another.
    const [filler] = padding === undefined ? [] : plain.ids(padding, { special: false });
    return textTokenizer(content, { maxLength, ...(filler !== undefined && { padding: filler }) });
  }
  const vocabulary = parsed('tokenizer/vocab.json', await read('tokenizer/vocab.json'));
  const merges = text(await read('tokenizer/merges.txt'));
  return clipTokenizer(
    { vocabulary: vocabulary as Record<string, number>, merges },
    { maxLength, ...(padding !== undefined && { padding }) },
  );
}

async function optional(read: FolderReader, path: string): Promise<Bytes | undefined> {
  try {
    return await read(path);
  } catch (error) {
    const isMissing = isLabError(error)
      ? error.code === 'missing'
      : (error as { readonly code?: unknown }).code === 'ENOENT';
    if (isMissing) return undefined;
    throw error;
  }
}

async function firstOf(read: FolderReader, paths: readonly string[]): Promise<Bytes> {
  for (const path of paths) {
    const found = await optional(read, path);
    if (found) return found;
  }
  throw new LabError('missing', 'stableDiffusionPipeline: the weights are not there', {
    expected: paths.join(' or '),
    hint: 'only safetensors are read; weights in .bin files have to be saved anew',
  });
}

const text = (bytes: Bytes): string => new TextDecoder().decode(bytes);

function parsed(path: string, bytes: Bytes): unknown {
  try {
    return JSON.parse(text(bytes)) as unknown;
  } catch (cause) {
    throw new LabError('format', `stableDiffusionPipeline: ${path} is not JSON`, { received: path, cause });
  }
}
