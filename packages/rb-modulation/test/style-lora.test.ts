import { diffusionTransformer, networkDenoiser, rectifiedFlowSchedule, sample } from '@lab/diffusion-core';
import { disposeTree, engine, lora, tf, treeLeaves, type Tensor } from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { beforeAll, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import { mergeAdapters, tuneStyle } from '../src';
import { expectRefusal } from './support/throws';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

const schedule = rectifiedFlowSchedule();
const network = diffusionTransformer({ height: 4, width: 4, channels: 1, size: 8, layers: 1, heads: 2 });
const images = {
  shape: [1, 4, 4, 1],
  data: Float64Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 0.8 : -0.8)),
};

test('adapters tuned on a reference bring samples to it, and the network stays as it was', async () => {
  const drawn = network.init(key(0));
  // The last layer starts at zero, where no gradient reaches the adapters.
  const open = (x: Tensor): Tensor => tf.add(x, tf.mul(0.2, tf.tensor(normal(key(5), x.shape), x.shape)));
  const params = { ...drawn, output: { ...drawn.output, weight: open(drawn.output.weight) } };
  const targets = /(up|down|output|input|modulation|query|key|value)\.weight$/;
  const before = Array.from(params.output.weight.dataSync());
  await expectNoLeak(async () => {
    const settings = { params, images, schedule, predicts: 'velocity', targets, key: key(1) } as const;
    const adapters = await tuneStyle(network, { ...settings, steps: 300, learningRate: 0.02 });
    const tuned = lora.apply(params, adapters);
    const distance = async (weights: typeof params): Promise<number> => {
      const denoiser = networkDenoiser(network, weights, { predicts: 'velocity', schedule });
      const { samples } = await sample(denoiser, { schedule, steps: 10, shape: [8, 4, 4, 1], key: key(2) });
      const data = Array.from(await samples.data());
      samples.dispose();
      denoiser.dispose?.();
      return Math.sqrt(
        data.reduce((sum, value, i) => sum + (value - images.data[i % 16]!) ** 2, 0) / data.length,
      );
    };
    expect(await distance(tuned)).toBeLessThan(0.6 * (await distance(params)));
    disposeTree(adapters);
    // The leaves that were not adapted are the network's own.
    const own = new Set(treeLeaves<Tensor>(params as never));
    tf.dispose(treeLeaves<Tensor>(tuned as never).filter((each) => !own.has(each)));
  });
  expect(Array.from(params.output.weight.dataSync())).toEqual(before);
  await expectRefusal(
    () =>
      tuneStyle(network, {
        params,
        images: { shape: [0, 4, 4, 1], data: new Float64Array(0) },
        schedule,
        predicts: 'velocity',
        key: key(0),
      }),
    'shape',
  );
});

test('merged adapters predict what each set does on its own images, better than their sum', async () => {
  const drawn = network.init(key(0));
  const open = (x: Tensor): Tensor => tf.add(x, tf.mul(0.2, tf.tensor(normal(key(5), x.shape), x.shape)));
  const params = { ...drawn, output: { ...drawn.output, weight: open(drawn.output.weight) } };
  const targets = /(up|down|output|modulation)\.weight$/;
  const others = {
    shape: [1, 4, 4, 1],
    data: Float64Array.from({ length: 16 }, (_, i) => (i < 8 ? 0.8 : -0.8)),
  };
  const base = { params, schedule, predicts: 'velocity', targets } as const;
  const tuning = { ...base, steps: 60, learningRate: 0.02 };
  const sets = [
    { images, adapters: await tuneStyle(network, { ...tuning, images, key: key(1) }) },
    { images: others, adapters: await tuneStyle(network, { ...tuning, images: others, key: key(2) }) },
  ] as const;
  const [content, style] = sets;
  const t = tf.fill([8], 0.5);
  const error = (weights: typeof params): number =>
    sets.reduce((sum, { images: own, adapters }, i) => {
      const x = tf.tidy(() => {
        const clean = tf.tensor(Float32Array.from(own.data), [1, 4, 4, 1]);
        return tf.add(
          tf.mul(clean, 0.5),
          tf.mul(tf.tensor(normal(key(7 + i), [8, 4, 4, 1]), [8, 4, 4, 1]), 0.5),
        );
      });
      const difference = tf.tidy(() => {
        const wanted = network.apply(lora.apply(params, adapters), x, t);
        return tf.mean(tf.square(tf.sub(network.apply(weights, x, t), wanted)));
      });
      const value = difference.dataSync()[0]!;
      tf.dispose([x, difference]);
      return sum + value;
    }, 0);
  const merged = await mergeAdapters(network, { ...base, content, style, steps: 60, key: key(3) });
  const summed = lora.apply(lora.apply(params, content.adapters), style.adapters);
  expect(error(merged)).toBeLessThan(0.8 * error(summed));
  expect(error(merged)).toBeLessThan(error(params));
  const other = { ...style, adapters: { output: content.adapters.output! } } as typeof style;
  await expectRefusal(
    () => mergeAdapters(network, { ...base, content, style: other, steps: 1, key: key(0) }),
    'shape',
  );
});
