import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { LabError } from '@lab/tensor-core/errors';
import { writeSafetensors, type Bytes } from '@lab/tensor-core/io';
import { key, normal } from '@lab/tensor-core/random';
import { clipText, clipTextStates, loadWeights, saveWeights } from '@lab/models/clip';
import {
  autoencoderKl,
  isStableDiffusion,
  stableDiffusionPipeline,
  trainedWith,
  unet2dCondition,
  type AutoencoderKlConfig,
  type UNet2dConditionConfig,
} from '@lab/models/stable-diffusion';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { beforeAll, describe, expect, test } from 'vitest';

const words = loadGolden<{ readonly vocabulary: Record<string, number>; readonly merges: string[] }>(
  import.meta.dirname,
  'clip-tokenizer',
);
const vaeConfig = {
  block_out_channels: [8, 16],
  norm_num_groups: 4,
  layers_per_block: 1,
  scaling_factor: 0.5,
  // Settings that published files have and this network ignores.
  ...({ _class_name: 'AutoencoderKL', sample_size: 8, force_upcast: null } as object),
} satisfies AutoencoderKlConfig;
const unetConfig: UNet2dConditionConfig = {
  block_out_channels: [8, 16],
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 2,
  cross_attention_dim: 12,
  norm_num_groups: 4,
};
const textConfig = {
  vocab_size: Object.keys(words.vocabulary).length,
  hidden_size: 12,
  intermediate_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  max_position_embeddings: 9,
  eos_token_id: 2,
};
const scheduler = {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
  num_train_timesteps: 1000,
  steps_offset: 1,
  trained_betas: null,
} as const;
const networks = {
  'unet/diffusion_pytorch_model': unet2dCondition(unetConfig),
  'vae/diffusion_pytorch_model': autoencoderKl(vaeConfig),
  'text_encoder/model': clipTextStates(textConfig),
};

let files: Record<string, Bytes> = {};
const json = (value: unknown): Bytes => new TextEncoder().encode(JSON.stringify(value));
beforeAll(async () => {
  await engine({ prefer: 'wasm' });
  files = {
    'unet/config.json': json(unetConfig),
    'vae/config.json': json(vaeConfig),
    // As transformers writes it, with settings that have nothing to do with the tower.
    'text_encoder/config.json': json({ ...textConfig, chunk_size_feed_forward: 0, no_repeat_ngram_size: 0 }),
    'scheduler/scheduler_config.json': json(scheduler),
    'tokenizer/vocab.json': json(words.vocabulary),
    'tokenizer/merges.txt': new TextEncoder().encode(`#version: 0.2\n${words.merges.join('\n')}\n`),
    'tokenizer/tokenizer_config.json': json({ pad_token: { content: '!' }, model_max_length: 9 }),
  };
  let seed = 0;
  for (const [path, network] of Object.entries(networks)) {
    const params = network.init(key(seed++));
    files[`${path}.safetensors`] = writeSafetensors(await saveWeights(network as never, params));
    disposeTree(params);
  }
});

const reader =
  (changes: Readonly<Record<string, Bytes | undefined>> = {}) =>
  async (path: string): Promise<Bytes> => {
    const found = { ...files, ...changes }[path];
    if (!found) throw new LabError('missing', `no ${path}`);
    return Promise.resolve(found);
  };
const draw = (seed: number, shape: number[]): Tensor => tf.tensor(normal(key(seed), shape), shape);

test('each part does what the network of its folder does', async () => {
  await expectNoLeak(async () => {
    const pipeline = await stableDiffusionPipeline(reader());
    const [unet, vae, tower] = [
      unet2dCondition(unetConfig),
      autoencoderKl(vaeConfig),
      clipTextStates(textConfig),
    ];
    const of = (name: string): Bytes => files[`${name}.safetensors`]!;
    const params = {
      unet: loadWeights(unet, of('unet/diffusion_pytorch_model')),
      vae: loadWeights(vae, of('vae/diffusion_pytorch_model')),
      text: loadWeights(tower, of('text_encoder/model')),
    };
    expect([pipeline.unit, pipeline.length, pipeline.denoiser.predicts]).toEqual([4, 9, 'epsilon']);
    const texts = ['A cat', 'one that is much too long for all of the nine places'];
    const embedded = pipeline.embed(texts);
    const { begin, end, filler } = {
      begin: words.vocabulary['<|startoftext|>']!,
      end: words.vocabulary['<|endoftext|>']!,
      filler: words.vocabulary['!']!,
    };
    const cat = pipeline.tokenizer.ids('a cat', { special: false });
    const row = [begin, ...cat, end];
    const ids = tf.tensor2d([[...row, ...Array<number>(9 - row.length).fill(filler)]], undefined, 'int32');
    const expected = tf.tidy(() => tower.apply(params.text, { ids }).last);
    const first = tf.slice(embedded, [0, 0, 0], [1, 9, 12]);
    expect(embedded.shape).toEqual([2, 9, 12]);
    expect(first).toBeAllclose(expected, { atol: 1e-6 });

    const images = draw(3, [1, 8, 8, 3]);
    const latents = pipeline.encode(images);
    const mean = tf.tidy(() => tf.mul(vae.encode(params.vae, images).mean, 0.5));
    expect(latents).toBeAllclose(mean, { atol: 1e-6 });
    const [decoded, again] = [pipeline.decode(latents), tf.tidy(() => vae.apply(params.vae, images))];
    expect(decoded).toBeAllclose(again, { atol: 1e-4 });

    const [z, times] = [draw(4, [1, 4, 4, 4]), tf.tensor1d([499])];
    const noise = await pipeline.denoiser.predict(z, 0.5, first);
    const direct = tf.tidy(() => unet.apply(params.unet, z, times, first));
    expect(noise).toBeAllclose(direct, { atol: 1e-6 });
    const other = tf.mul(first, 2);
    const still = pipeline.denoiserWith({ attendText: (q) => tf.zerosLike(q) });
    const deaf = [await still.predict(z, 0.5, first), await still.predict(z, 0.5, other)] as const;
    expect(deaf[0]).toBeAllclose(deaf[1], { atol: 1e-6 });
    tf.dispose([
      embedded,
      ids,
      expected,
      first,
      images,
      latents,
      mean,
      decoded,
      again,
      z,
      times,
      noise,
      direct,
    ]);
    tf.dispose([...deaf, other]);
    disposeTree(params);
    pipeline.dispose();
  });
});

test('a folder with a U-Net is one of Stable Diffusion, however its reader says that a file is not there', async () => {
  expect(await isStableDiffusion(reader())).toBe(true);
  expect(await isStableDiffusion(reader({ 'unet/config.json': undefined }))).toBe(false);
  expect(await isStableDiffusion((path) => readFile(join(import.meta.dirname, path)))).toBe(false);
  // What went wrong otherwise is told.
  const broken = (): Promise<Bytes> => Promise.reject(new Error('the disk is gone'));
  await expect(isStableDiffusion(broken)).rejects.toThrow(/disk/);
});

describe('schedules', () => {
  test('levels are products of one minus the betas, whose roots are linear', () => {
    const { schedule, time } = trainedWith(scheduler);
    let level = 1;
    for (let j = 0; j < 1000; j++) {
      const root = Math.sqrt(0.00085) + ((Math.sqrt(0.012) - Math.sqrt(0.00085)) * j) / 999;
      level *= 1 - root ** 2;
      if (j % 111 === 0) {
        expect(schedule.alpha((j + 1) / 1000)).toBeCloseTo(Math.sqrt(level), 10);
        expect(time((j + 1) / 1000)).toBeCloseTo(j, 9);
      }
    }
    // What diffusers' tables end with.
    expect(schedule.alpha(1) ** 2).toBeCloseTo(0.00466, 5);
    expect(time(1e-9)).toBe(0);
  });
  test('Stable Diffusion 2 predicts v, and what is unknown is refused', () => {
    expect(trainedWith({ ...scheduler, prediction_type: 'v_prediction' }).predicts).toBe('v');
    for (const change of [
      { beta_schedule: 'squaredcos_cap_v2' },
      { prediction_type: 'flow_prediction' },
      { rescale_betas_zero_snr: true },
    ])
      expect(() => trainedWith({ ...scheduler, ...change } as never)).toThrow(
        expect.objectContaining({ code: 'unsupported' }),
      );
  });
});

describe('folders that differ', () => {
  const name = 'unet/diffusion_pytorch_model';
  test('halves under their own name, and the text of the whole of CLIP', async () => {
    await expectNoLeak(async () => {
      const whole = clipText({ text_config: textConfig, projection_dim: 5 });
      const params = whole.init(key(8));
      const text = writeSafetensors(await saveWeights(whole, params));
      disposeTree(params);
      const pipeline = await stableDiffusionPipeline(
        reader({
          [`${name}.safetensors`]: undefined,
          [`${name}.fp16.safetensors`]: files[`${name}.safetensors`],
          'text_encoder/model.safetensors': text,
        }),
      );
      pipeline.dispose();
    });
  });
  test.each([
    ['no weights', { [`${name}.safetensors`]: undefined }, 'missing', /safetensors are read/],
    ['no schedule', { 'scheduler/scheduler_config.json': undefined }, 'missing', /scheduler/],
    ['no JSON', { 'vae/config.json': new TextEncoder().encode('{') }, 'format', /is not JSON/],
    ["another network's weights", 'swap', 'format', /not those of the network/],
  ] as const)('%s: refused, with everything freed', async (_, change, code, message) => {
    const changes =
      change === 'swap'
        ? { [`${name}.safetensors`]: files['vae/diffusion_pytorch_model.safetensors'] }
        : change;
    await expectNoLeak(async () => {
      const opened = stableDiffusionPipeline(reader(changes));
      await expect(opened).rejects.toThrow(message);
      await expect(opened).rejects.toMatchObject({ code });
    });
  });
});
