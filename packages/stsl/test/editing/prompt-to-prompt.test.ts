import { beforeAll, describe, expect, test } from 'vitest';
import { disposeTree, engine, tf, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { imageUnet, networkDenoiser, sample, tensorSpace, type Denoiser } from '@lab/diffusion-core';
import { unet2dCondition } from '@lab/models/stable-diffusion';
import { expectNoLeak } from '@lab/testing';
import {
  crossAttentionTuning,
  editWithPrompts,
  invert,
  nullTextInversion,
  onTargets,
  pairOf,
  promptToPrompt,
  trainedTimes,
  type AttentionHooks,
} from '../../src';
import { near, trained } from '../support';
import { tinyUnet } from '../tiny-stable-diffusion';
import { draw, places, same } from './support';

beforeAll(() => engine({ prefer: 'wasm' }));

const times = trainedTimes({ steps: 5 });
/** Two networks that read a text, each with its own way in for hooks and its own kind of condition. */
const networks = {
  'the small image network': () => {
    const network = imageUnet({ channels: 4, widths: [8, 16], heads: 2, tokens: { width: 6 } });
    const drawn = network.init(key(5));
    // Fresh layers end near zero: what attention sees would hardly show.
    const params = tf.tidy(() => {
      const { attention } = drawn.middle;
      const output = { ...attention.attention.output, weight: tf.mul(attention.attention.output.weight, 40) };
      return {
        ...drawn,
        middle: {
          ...drawn.middle,
          attention: { ...attention, attention: { ...attention.attention, output } },
        },
        output: { ...drawn.output, weight: tf.mul(drawn.output.weight, 40) },
      } as never;
    }) as typeof drawn;
    const denoiserWith = ({ joint }: AttentionHooks): Denoiser =>
      networkDenoiser(
        imageUnet({ channels: 4, widths: [8, 16], heads: 2, tokens: { width: 6 }, attend: joint }),
        params,
        { predicts: 'epsilon' },
      );
    const condition = (tokens: Tensor): unknown => ({ tokens });
    return { denoiserWith, condition, dispose: () => disposeTree([drawn, params]) };
  },
  "Stable Diffusion's": () => {
    const params = unet2dCondition(tinyUnet).init(key(5));
    const denoiserWith = ({ text, image }: AttentionHooks): Denoiser =>
      networkDenoiser(unet2dCondition(tinyUnet, { attendText: text, attendImage: image }), params, {
        predicts: 'epsilon',
        time: (t) => 1000 * t - 1,
      });
    return {
      denoiserWith,
      condition: (tokens: Tensor): unknown => tokens,
      dispose: () => disposeTree(params),
    };
  },
} as const;

describe.each(Object.entries(networks))('%s', (_, make) => {
  test('one and the same text: side by side is each alone; another text: controlled, but not the source', async () => {
    await expectNoLeak(async () => {
      const { denoiserWith, condition, dispose } = make();
      const [one, other] = [draw(11, [1, places, 6], 3), draw(12, [1, places, 6], 3)];
      const init = draw(13, [1, 4, 4, 4]);
      const both = tf.concat([init, init], 0);
      const run = async (denoiser: Denoiser, start: Tensor, told: unknown): Promise<Float32Array> => {
        const { samples } = await sample(denoiser, {
          schedule: trained,
          times,
          init: start,
          condition: told,
          key: key(0),
        });
        const data = (await samples.data()) as Float32Array;
        samples.dispose();
        denoiser.dispose?.();
        return Float32Array.from(data);
      };
      const size = init.size;
      const pair = async (target: Tensor, shares: { cross: number; self: number }) => {
        const told = tf.tidy(() => pairOf(condition(one), condition(target)) as never) as unknown;
        const data = await run(promptToPrompt({ denoiserWith, edit: same, times, ...shares }), both, told);
        tf.dispose(told as never);
        return [data.slice(0, size), data.slice(size)] as const;
      };
      const alone = await run(denoiserWith({}), init, condition(one));
      const elsewhere = await run(denoiserWith({}), init, condition(other));
      const scale = Math.max(...alone.map(Math.abs));
      const full = { cross: 1, self: 1 };
      for (const each of await pair(one, full)) expect(near(each, alone) / scale).toBeLessThan(1e-4);
      const [source, target] = await pair(other, { cross: 0.8, self: 0.4 });
      expect(near(source, alone) / scale).toBeLessThan(1e-4);
      const apart = near(alone, elsewhere) / scale;
      expect(near(target, elsewhere) / scale).toBeGreaterThan(1e-3);
      expect(near(target, alone) / scale).toBeGreaterThan(1e-3);
      // Without any share the branches run as they would alone.
      const [, free] = await pair(other, { cross: 0, self: 0 });
      expect(near(free, elsewhere) / scale).toBeLessThan(1e-4);
      expect(apart).toBeGreaterThan(1e-3);
      tf.dispose([one, other, init, both]);
      dispose();
    });
  });
});

test('null-text inversion leads the source back while the target is edited, under controls of the target', async () => {
  await expectNoLeak(async () => {
    const { denoiserWith, dispose } = networks["Stable Diffusion's"]();
    const [one, other, empty] = [11, 12, 14].map((seed) => draw(seed, [1, places, 6], 2)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const clean = draw(15, [1, 4, 4, 4], 0.5);
    const denoiser = denoiserWith({});
    const inversion = await nullTextInversion(clean, {
      denoiser,
      schedule: trained,
      times,
      condition: one,
      unconditional: empty,
      scale: 3,
      iterations: 1,
      learningRate: 0.05,
    });
    const seen: number[][] = [];
    const options = {
      denoiserWith,
      edit: same,
      schedule: trained,
      times,
      source: one,
      target: other,
      inversion,
      key: key(1),
    };
    const bounded = {
      name: 'bounded',
      state: (xNext: Tensor, { condition }: { readonly condition: unknown }) => {
        seen.push(xNext.shape);
        expect(condition).toBe(other);
        return tf.tidy(() => tf.clipByValue(xNext, -0.2, 0.2));
      },
    };
    const plain = await editWithPrompts(clean, options);
    const tuned = await editWithPrompts(clean, {
      ...options,
      controls: crossAttentionTuning({ measurement: bounded, until: times.length }),
    });
    // Guided back by the embeddings alone, as null-text inversion does it.
    const { samples } = await sample(inversion.denoiser, {
      schedule: trained,
      times,
      init: inversion.noisy,
      condition: one,
      key: key(2),
    });
    const reference = await samples.data();
    const scale = Math.max(...reference.map(Math.abs));
    expect(near(await plain.source.data(), reference) / scale).toBeLessThan(1e-4);
    expect(near(await tuned.source.data(), reference) / scale).toBeLessThan(1e-4);
    expect(near(await plain.target.data(), reference) / scale).toBeGreaterThan(1e-3);
    expect(Math.max(...(await tuned.target.data()).map(Math.abs))).toBeLessThanOrEqual(0.2 + 1e-6);
    expect(seen).toEqual(times.slice(1).map(() => [1, 4, 4, 4]));
    inversion.dispose();
    tf.dispose([one, other, empty, clean, samples, plain, tuned] as never);
    dispose();
  });
});

test('inverted by DDIM, without guidance, as latents are that were never noisy', async () => {
  await expectNoLeak(async () => {
    const { denoiserWith, dispose } = networks["Stable Diffusion's"]();
    const [one, clean] = [draw(11, [2, places, 6]), draw(15, [2, 4, 4, 4], 0.5)];
    const { source, target } = await editWithPrompts(clean, {
      ...{ denoiserWith, edit: same, schedule: trained, times, source: one, target: one, key: key(1) },
    });
    const noisy = await invert({ denoiser: denoiserWith({}), schedule: trained }, clean, {
      times,
      condition: one,
    });
    const { samples } = await sample(denoiserWith({}), {
      ...{ schedule: trained, times, init: noisy, condition: one, key: key(0) },
    });
    const expected = await samples.data();
    const scale = Math.max(...expected.map(Math.abs));
    for (const each of [source, target]) expect(near(await each.data(), expected) / scale).toBeLessThan(1e-4);
    tf.dispose([one, clean, source, target, noisy, samples]);
    dispose();
  });
});

test('a control without a change leaves the pairs, and conditions that do not fit are refused', async () => {
  const denoiser: Denoiser = { predicts: 'epsilon', space: tensorSpace, predict: (x) => tf.clone(x) };
  const options = { condition: undefined, denoiser };
  await expectNoLeak(async () => {
    const pairs = draw(1, [2, 3]);
    const step = { x: pairs, estimate: { x0: pairs, noise: pairs } };
    const still = onTargets({ name: 'still', estimate: (x0) => x0 }, options);
    expect(await still.estimate!(pairs, step as never)).toBe(pairs);
    expect(still.state).toBeUndefined();
    expect(() => pairOf({ tokens: pairs }, {})).toThrow(/other parts/);
    expect(pairOf(undefined, undefined)).toBeUndefined();
    expect(() => promptToPrompt({ denoiserWith: () => denoiser, edit: same, times, cross: 2 })).toThrow(
      /cross is a share/,
    );
    pairs.dispose();
  });
});
