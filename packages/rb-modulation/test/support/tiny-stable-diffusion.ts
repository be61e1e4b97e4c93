import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { disposeTree } from '@lab/tensor-core';
import { writeSafetensors } from '@lab/tensor-core/io';
import { key } from '@lab/tensor-core/random';
import { clipTextStates } from '@lab/models/clip';
import {
  autoencoderKl,
  saveWeights,
  unet2dCondition,
  type AutoencoderKlConfig,
  type UNet2dConditionConfig,
} from '@lab/models/stable-diffusion';

const [places, width] = [7, 6];

const unet: UNet2dConditionConfig = {
  block_out_channels: [8, 16],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 2,
  cross_attention_dim: width,
  norm_num_groups: 4,
};
const vae: AutoencoderKlConfig = { block_out_channels: [8, 8], norm_num_groups: 4, layers_per_block: 1 };
const vocabulary = Object.fromEntries(
  [
    '<|startoftext|>',
    '<|endoftext|>',
    ...[...Array(26).keys()].map((i) => String.fromCharCode(97 + i)),
  ].flatMap((token, i) =>
    i < 2
      ? [[token, i]]
      : [
          [token, i],
          [`${token}</w>`, i + 26],
        ],
  ),
) as Record<string, number>;
const text = {
  vocab_size: 54,
  hidden_size: width,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: places,
  eos_token_id: 2,
};

/** A folder in diffusers' layout, small and untrained, whose texts are spelt letter by letter. */
export async function writeTinyStableDiffusion(folder: string): Promise<void> {
  const put = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const networks = {
    'unet/diffusion_pytorch_model': unet2dCondition(unet),
    'vae/diffusion_pytorch_model': autoencoderKl(vae),
    'text_encoder/model': clipTextStates(text),
  };
  for (const [i, [path, network]] of Object.entries(networks).entries()) {
    const params = network.init(key(40 + i));
    await put(`${path}.safetensors`, writeSafetensors(await saveWeights(network as never, params)));
    disposeTree(params);
  }
  await put('unet/config.json', JSON.stringify(unet));
  await put('vae/config.json', JSON.stringify(vae));
  await put('text_encoder/config.json', JSON.stringify(text));
  await put('tokenizer/vocab.json', JSON.stringify(vocabulary));
  await put('tokenizer/merges.txt', '#version: 0.2\n');
  await put('tokenizer/tokenizer_config.json', '{}');
  await put(
    'scheduler/scheduler_config.json',
    JSON.stringify({ beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 }),
  );
}
