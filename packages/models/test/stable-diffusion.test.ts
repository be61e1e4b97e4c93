import { attend, disposeTree, engine, grad, tf, tidyTree, type Attend, type Tensor } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import {
  networkDenoiser,
  quadraticBetas,
  sample,
  signalLevels,
  signalLevelSchedule,
} from '@lab/diffusion-core';
import { key } from '@lab/tensor-core/random';
import {
  autoencoderKl,
  countWeights,
  loadStableDiffusion,
  saveWeights,
  stableDiffusionUnet,
  stableDiffusionVae,
  unet2dCondition,
  type AutoencoderKlConfig,
  type UNet2dConditionConfig,
} from '@lab/models/stable-diffusion';
import { expectNoLeak, loadGolden } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { drawnTensor, drawnWeights, goldenArrays } from './drawn';

await engine({ prefer: 'wasm' });

interface Description {
  readonly vae: AutoencoderKlConfig;
  readonly unet: UNet2dConditionConfig;
  readonly unet2: UNet2dConditionConfig;
  readonly counts: Record<'vae' | 'unet' | 'unet2', number>;
}
const described = loadGolden<Description>(import.meta.dirname, 'stable-diffusion');
const golden = goldenArrays('stable-diffusion');
const close = { rtol: 1e-4, atol: 1e-4 };
const latentsOf = (seed: number) => drawnTensor(seed, [2, 8, 6, 4], { factor: 2 });

describe('autoencoder', () => {
  const vae = autoencoderKl(described.vae);
  const weights = drawnWeights(vae);

  test('moments, images and both gradients equal those of diffusers', () =>
    expectNoLeak(() => {
      const params = loadStableDiffusion(vae, weights);
      const [images, latents] = [drawnTensor(1000, [2, 16, 12, 3]), latentsOf(1001)];
      const posterior = tidyTree(() => vae.encode(params, images));
      expect(posterior.mean).toBeAllclose(golden('vae/mean'), close);
      expect(posterior.logvar).toBeAllclose(golden('vae/logvar'), close);
      const decoded = tf.tidy(() => vae.decode(params, latents));
      expect(decoded).toBeAllclose(golden('vae/decoded'), close);
      const toImages = grad((x: Tensor) => {
        const { mean, logvar } = vae.encode(params, x);
        return tf.add(tf.sum(tf.sin(mean)), tf.sum(tf.cos(logvar)));
      })(images);
      expect(toImages).toBeAllclose(golden('vae/encode_gradient'), close);
      const toLatents = grad((z: Tensor) => tf.sum(tf.sin(vae.decode(params, z))))(latents);
      expect(toLatents).toBeAllclose(golden('vae/decode_gradient'), close);
      const [again, apart] = [
        tf.tidy(() => vae.apply(params, images)),
        tf.tidy(() => vae.decode(params, posterior.mean)),
      ];
      expect(again).toBeAllclose(apart, close);
      disposeTree([params, images, latents, posterior, decoded, toImages, toLatents, again, apart]);
    }));

  test('older names of the attention load, and the present ones are saved', () =>
    expectNoLeak(async () => {
      const old = Object.fromEntries(
        Object.entries(weights).map(([name, array]) => [
          name
            .replace('attentions.0.to_q', 'attentions.0.query')
            .replace('attentions.0.to_k', 'attentions.0.key')
            .replace('attentions.0.to_v', 'attentions.0.value')
            .replace('attentions.0.to_out.0', 'attentions.0.proj_attn'),
          array,
        ]),
      );
      expect(Object.keys(old)).toContain('decoder.mid_block.attentions.0.proj_attn.bias');
      const params = loadStableDiffusion(vae, old);
      const saved = await saveWeights(vae, params);
      expect(Object.keys(saved).sort()).toEqual(Object.keys(weights).sort());
      for (const [name, array] of Object.entries(saved)) expect(array, name).toBeAllclose(weights[name]!);
      disposeTree(params);
    }));

  test('has 83,653,863 parameters in the published size, and halves three times', () => {
    const published = autoencoderKl(stableDiffusionVae);
    expect(countWeights(published.weights)).toBe(described.counts.vae);
    expect(described.counts.vae).toBe(83_653_863);
    expect([published.factor, published.scalingFactor]).toEqual([8, 0.18215]);
  });
});

describe.each(['unet', 'unet2'] as const)('%s', (name) => {
  const unet = unet2dCondition(described[name]);

  test('prediction and gradients in latent and text equal those of diffusers', () =>
    expectNoLeak(() => {
      const params = loadStableDiffusion(unet, drawnWeights(unet));
      const [latents, context, times] = [
        latentsOf(1002),
        drawnTensor(1003, [2, 5, 12]),
        tf.tensor1d([17, 801]),
      ];
      const y = tf.tidy(() => unet.apply(params, latents, times, context));
      expect(y).toBeAllclose(golden(`${name}/output`), close);
      const gradients = grad(({ x, read }: { x: Tensor; read: Tensor }) =>
        tf.sum(tf.sin(unet.apply(params, x, times, read))),
      )({ x: latents, read: context });
      expect(gradients.x).toBeAllclose(golden(`${name}/gradient`), close);
      expect(gradients.read).toBeAllclose(golden(`${name}/context_gradient`), close);
      disposeTree([params, latents, context, times, y, gradients]);
    }));
});

describe('denoising network', () => {
  const unet = unet2dCondition(described.unet);
  const weights = drawnWeights(unet);

  test('has 859,520,964 parameters in the published size, and as many as diffusers counts in that of 2.x', () => {
    expect(countWeights(unet2dCondition(stableDiffusionUnet).weights)).toBe(described.counts.unet);
    expect(described.counts.unet).toBe(859_520_964);
    const second = {
      cross_attention_dim: 1024,
      attention_head_dim: [5, 10, 20, 20],
      use_linear_projection: true,
    };
    expect(countWeights(unet2dCondition({ ...stableDiffusionUnet, ...second }).weights)).toBe(
      described.counts.unet2,
    );
  });

  test(
    'compiled, it predicts the same',
    () =>
      expectNoLeak(() => {
        const params = loadStableDiffusion(unet, weights);
        const [latents, context, times] = [
          latentsOf(1002),
          drawnTensor(1003, [2, 5, 12]),
          tf.tensor1d([17, 801]),
        ];
        const compiled = compile((x: Tensor, t: Tensor, read: Tensor) => unet.apply(params, x, t, read), {
          threads: 1,
        });
        const y = compiled(latents, times, context);
        expect(y).toBeAllclose(golden('unet/output'), close);
        compiled.dispose();
        disposeTree([params, latents, context, times, y]);
      }),
    30_000,
  );

  test(
    'samples as a denoiser',
    () =>
      expectNoLeak(async () => {
        const params = loadStableDiffusion(unet, weights);
        const context = drawnTensor(1003, [1, 5, 12]);
        const denoiser = networkDenoiser(unet, params, { predicts: 'epsilon', time: (t) => 1000 * t - 1 });
        const { samples } = await sample(denoiser, {
          schedule: signalLevelSchedule(
            signalLevels(quadraticBetas({ steps: 1000, start: 0.00085, end: 0.012 })),
          ),
          shape: [1, 4, 4, 4],
          steps: 2,
          key: key(0),
          condition: context,
        });
        expect(samples.shape).toEqual([1, 4, 4, 4]);
        disposeTree([params, context, samples]);
      }),
    30_000,
  );

  test('attentions to text and image can be replaced, each where it is', () =>
    expectNoLeak(() => {
      const params = loadStableDiffusion(unet, weights);
      const [latents, context, times] = [
        latentsOf(1002),
        drawnTensor(1003, [2, 5, 12]),
        tf.tensor1d([17, 801]),
      ];
      const seen: Record<string, number[][]> = { text: [], image: [] };
      const noting =
        (name: string): Attend =>
        (q, k, v, options) => {
          seen[name]!.push([q.shape[2]!, k.shape[2]!]);
          return attend(q, k, v, options);
        };
      const watched = unet2dCondition(described.unet, {
        attendText: noting('text'),
        attendImage: noting('image'),
      });
      const y = tf.tidy(() => watched.apply(params, latents, times, context));
      expect(y).toBeAllclose(golden('unet/output'), close);
      expect(seen.text!.length).toBeGreaterThan(1);
      expect(seen.text!.every(([, places]) => places === 5)).toBe(true);
      expect(seen.image).toEqual(seen.text!.map(([asking]) => [asking, asking]));
      disposeTree([params, latents, context, times, y]);
    }));

  test('what does not fit is refused', () =>
    expectNoLeak(() => {
      const params = loadStableDiffusion(unet, weights);
      const [latents, odd, times, context] = [
        drawnTensor(0, [1, 4, 4, 4]),
        drawnTensor(0, [1, 5, 4, 4]),
        tf.tensor1d([1]),
        drawnTensor(0, [1, 5, 12]),
      ];
      expect(() => unet.apply(params, odd, times, context)).toThrow(/multiples of 2/);
      expect(() => unet.apply(params, latents, context, context)).toThrow(/one time/);
      expect(() => unet.apply(params, latents, times, undefined)).toThrow(/clipText/);
      expect(() => unet.apply(params, latents, times, latents)).toThrow(/length, 12/);
      const broken = (change: object) => () => unet2dCondition({ ...described.unet, ...change });
      expect(broken({ down_block_types: ['DownBlock2D'] })).toThrow(/down_block_types/);
      expect(broken({ down_block_types: ['DownBlock2D', 'AttnDownBlock2D'] })).toThrow(/known block/);
      expect(broken({ attention_head_dim: 5 })).toThrow(/attention_head_dim/);
      expect(broken({ norm_num_groups: 5 })).toThrow(/norm_num_groups/);
      expect(broken({ block_out_channels: [16, 0] })).toThrow(/whole numbers/);
      expect(broken({ act_fn: 'mish' })).toThrow(/act_fn/);
      expect(broken({ class_embed_type: 'timestep' })).toThrow(/class_embed_type/);
      expect(() => autoencoderKl({ ...described.vae, shift_factor: 0.1 } as never)).toThrow(/shift_factor/);
      disposeTree([params, latents, odd, times, context]);
    }));
});
