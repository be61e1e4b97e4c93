import { fc, test as property } from '@fast-check/vitest';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  disposeTree,
  engine,
  fit,
  tf,
  treeLeaves,
  treeMap,
  valueAndGrad,
  type Tensor,
} from '@lab/tensor-core';
import { key, normal } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  arrayData,
  autoencoderLoss,
  denoisingLoss,
  diffusionTransformer,
  imageAutoencoder,
  imageUnet,
  levelledBatch,
  networkDenoiser,
  rectifiedFlowSchedule,
  sample,
  trainDenoiser,
  type DenoisingNetwork,
  type ImageCondition,
} from '../src';
import { fromPatches, toPatches } from '../src/networks/image/patches';

beforeAll(() => engine({ prefer: 'wasm' }));

const [height, width, channels] = [8, 4, 2];
const metadata = { categories: [3] };
const tokens = { width: 5 };
const schedule = rectifiedFlowSchedule();
type ImageNetwork = DenoisingNetwork<any> & {
  apply(params: any, x: Tensor, t: Tensor, condition?: ImageCondition): Tensor;
};
const networks: [string, ImageNetwork][] = [
  ['imageUnet', imageUnet({ channels, widths: [8, 12], blocks: 2, heads: 2, groups: 4, metadata, tokens })],
  [
    'diffusionTransformer',
    diffusionTransformer({ height, width, channels, size: 12, heads: 2, layers: 2, metadata, tokens }),
  ],
];

const draw = (seed: number, shape: number[]): Tensor => tf.tensor(normal(key(seed), shape), shape);
const images = (count: number): Tensor => draw(1, [count, height, width, channels]);
const condition = (count: number): Required<Omit<ImageCondition, 'continuous' | 'present'>> => ({
  categorical: tf.tensor2d(
    Array.from({ length: count }, (_, i) => [i % 3]),
    [count, 1],
    'int32',
  ),
  tokens: draw(2, [count, 3, 5]),
  tokenMask: tf.tensor2d(Array.from({ length: count }, (_, i) => [1, 1, i % 2])),
});
/** Weights that no start at zero or near it hides. */
const lively = (network: ImageNetwork): any => {
  let seed = 10;
  return treeMap(
    (leaf: Tensor) => {
      const moved = tf.tidy(() => tf.add(leaf, tf.mul(draw(seed++, leaf.shape), 0.15)));
      leaf.dispose();
      return moved;
    },
    network.init(key(0)),
  );
};

describe.each(networks)('%s', (_, network) => {
  test('a batch is its images one by one, and nothing leaks', async () => {
    await expectNoLeak(() => {
      const params = lively(network);
      tf.tidy(() => {
        const [x, t, known] = [images(3), tf.tensor1d([0.2, 0.5, 0.9]), condition(3)];
        const all = network.apply(params, x, t, known);
        expect(all.shape).toEqual(x.shape);
        const row = <T extends Tensor>(of: T, i: number): Tensor =>
          tf.slice(of, [i, ...of.shape.slice(1).map(() => 0)], [1, ...of.shape.slice(1)]);
        for (let i = 0; i < 3; i++) {
          const one = {
            categorical: row(known.categorical, i),
            tokens: row(known.tokens, i),
            tokenMask: row(known.tokenMask, i),
          };
          const alone = network.apply(params, row(x, i), row(t, i), one);
          expect(alone.dataSync()).toBeAllclose(row(all, i).dataSync(), { atol: 2e-5, rtol: 1e-4 });
        }
      });
      disposeTree(params);
    });
  });

  test('reads time, class and text; a token that is masked or withheld is not read', () => {
    tf.tidy(() => {
      const params = lively(network);
      const [x, t, known] = [images(2), tf.tensor1d([0.4, 0.4]), condition(2)];
      const run = (at: Tensor, given?: ImageCondition): number[] =>
        Array.from(network.apply(params, x, at, given).dataSync());
      const usual = run(t, known);
      const apart = (other: number[]): number =>
        Math.max(...other.map((value, i) => Math.abs(value - usual[i]!)));
      expect(apart(run(tf.tensor1d([0.5, 0.4]), known))).toBeGreaterThan(1e-3);
      expect(
        apart(run(t, { ...known, categorical: tf.tensor2d([[1], [1]], [2, 1], 'int32') })),
      ).toBeGreaterThan(1e-3);
      expect(apart(run(t, { ...known, tokens: tf.neg(known.tokens) }))).toBeGreaterThan(1e-3);
      // The last token of the first image is masked.
      const hidden = tf.mul(
        known.tokens,
        tf.tensor3d([
          [[1], [1], [9]],
          [[1], [1], [1]],
        ]),
      );
      expect(apart(run(t, { ...known, tokens: hidden }))).toBeLessThan(1e-6);
      const withheld = run(t, { ...known, present: tf.zeros([2]) });
      expect(withheld).toBeAllclose(run(t), { atol: 2e-6 });
    });
  });

  test('its gradient is that of central differences in a random direction', () => {
    tf.tidy(() => {
      const params = lively(network);
      const [x0, noise] = [images(2), draw(3, [2, height, width, channels])];
      const batch = levelledBatch(
        { x0, noise, t: [0.3, 0.8], condition: condition(2) },
        { schedule, predicts: 'velocity' },
      );
      const loss = (p: any): Tensor => denoisingLoss(p, batch, { network, schedule, predicts: 'velocity' });
      const { grads } = valueAndGrad(loss)(params);
      let seed = 50;
      const direction = treeMap((leaf: Tensor) => draw(seed++, leaf.shape), params);
      const slope = treeLeaves<Tensor>(grads)
        .map((leaf, i) => tf.sum(tf.mul(leaf, treeLeaves<Tensor>(direction)[i]!)).dataSync()[0]!)
        .reduce((sum, each) => sum + each);
      const h = 2e-3;
      const at = (step: number): number =>
        loss(
          treeMap((leaf: Tensor, along: Tensor) => tf.add(leaf, tf.mul(along, step)), params, direction),
        ).dataSync()[0]!;
      expect((at(h) - at(-h)) / (2 * h) / slope).toBeCloseTo(1, 1.7);
    });
  });

  test('compiled training steps are eager ones, and sampling runs', async () => {
    const data = arrayData(
      {
        shape: [12, height, width, channels],
        data: Float64Array.from(normal(key(4), [12 * height * width * channels])),
      },
      { categorical: { shape: [12, 1], data: Float64Array.from({ length: 12 }, (_, i) => i % 3) } },
    );
    await expectNoLeak(async () => {
      const training = {
        network,
        schedule,
        predicts: 'velocity' as const,
        data,
        steps: 4,
        batchSize: 4,
        withhold: 0.2,
        key: key(5),
        ema: false as const,
      };
      const eager = await trainDenoiser({ ...training, engine: 'eager' });
      const compiled = await trainDenoiser({ ...training, engine: 'compiled', threads: 1 });
      expect(compiled.losses).toBeAllclose(eager.losses, { rtol: 2e-5 });
      const options = { schedule, steps: 3, shape: [2, height, width, channels], key: key(6) };
      const denoiser = networkDenoiser(network, eager.params, { predicts: 'velocity', schedule });
      const { samples } = await sample(denoiser, { ...options, engine: 'eager' });
      const again = await sample(denoiser, { ...options, engine: 'compiled' });
      expect(await again.samples.data()).toBeAllclose(await samples.data(), { atol: 1e-4 });
      denoiser.dispose?.();
      disposeTree([eager.params, compiled.params, samples, again.samples]);
    });
  });

  test('refuses other images and texts', () => {
    tf.tidy(() => {
      const params = network.init(key(0));
      const t = tf.tensor1d([0.5]);
      expect(() => network.apply(params, draw(1, [1, 7, 4, 2]), t)).toThrow(/other images/);
      expect(() => network.apply(params, draw(1, [1, 8, 4, 3]), t)).toThrow(/other images/);
      const known = { ...condition(1), tokens: tf.zeros([1, 3, 4]) };
      expect(() => network.apply(params, images(1), t, known)).toThrow(/tokens of size 5/);
    });
  });
});

test('a diffusion transformer starts at 0, an image U-Net near it', () => {
  tf.tidy(() => {
    const greatest = networks.map(([, network]) => {
      const out = network.apply(network.init(key(0)), images(2), tf.tensor1d([0.1, 0.9]));
      return tf.max(tf.abs(out)).dataSync()[0]!;
    });
    expect(greatest[1]).toBe(0);
    expect(greatest[0]).toBeLessThan(0.5);
  });
});

test('impossible sizes are refused', () => {
  expect(() => imageUnet({ channels: 1, widths: [] })).toThrow(/positive integers/);
  expect(() => imageUnet({ channels: 1, widths: [8, 10], heads: 4 })).toThrow(/heads dividing/);
  expect(() => diffusionTransformer({ height: 9, width: 8, channels: 1 })).toThrow(/patch dividing/);
  expect(() => imageAutoencoder({ channels: 0 })).toThrow(/positive integers/);
});

describe('patches', () => {
  test('are squares, row by row', () => {
    const x = tf.reshape(tf.range(0, 16), [1, 4, 4, 1]);
    expect(Array.from(toPatches(x, 2).dataSync())).toEqual([
      0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15,
    ]);
  });

  const count = fc.integer({ min: 1, max: 3 });
  property.prop([count, count, count, count, count])('and back', (batch, rows, columns, patch, depth) => {
    tf.tidy(() => {
      const shape = [batch, rows * patch, columns * patch, depth];
      const x = draw(7, shape);
      expect(fromPatches(toPatches(x, patch), shape, patch).dataSync()).toEqual(x.dataSync());
    });
  });
});

describe('imageAutoencoder', () => {
  const autoencoder = imageAutoencoder({ channels: 1, latentChannels: 2, widths: [6, 8], groups: 2 });
  /** Images of one wave each: its phase and direction are all there is to know. */
  const waves = (count: number): Tensor =>
    tf.tensor4d(
      Array.from({ length: count * 64 }, (_, at) => {
        const [n, i, j] = [Math.floor(at / 64), Math.floor(at / 8) % 8, at % 8];
        return Math.sin((Math.PI / 4) * (n % 2 === 0 ? i : j) + n);
      }),
      [count, 8, 8, 1],
    );

  test('halves and doubles, and refuses what cannot be halved', () => {
    tf.tidy(() => {
      const params = autoencoder.init(key(0));
      const z = autoencoder.encode(params, waves(3));
      expect(z.shape).toEqual([3, 4, 4, 2]);
      expect(autoencoder.decode(params, z).shape).toEqual([3, 8, 8, 1]);
      expect(autoencoder.factor).toBe(2);
      expect(() => autoencoder.encode(params, tf.zeros([1, 7, 8, 1]))).toThrow(/divisible by 2/);
    });
  });

  test('learns to give back what it was shown: most of the variance of the waves', async () => {
    await expectNoLeak(async () => {
      const start = autoencoder.init(key(1));
      const all = waves(24);
      const { params, optimizerState, losses } = await fit({
        params: start,
        optimizer: adam({ learningRate: 1e-2 }),
        batches: () => tf.clone(all),
        loss: (p, x, lossKey) => autoencoderLoss(p, x, { autoencoder, key: lossKey }),
        steps: 60,
        key: key(2),
      });
      expect(losses).toHaveLength(60);
      tf.tidy(() => {
        const back = autoencoder.decode(params, autoencoder.encode(params, all));
        const error = tf.mean(tf.square(tf.sub(back, all))).dataSync()[0]!;
        // The waves have variance 1/2.
        expect(error).toBeLessThan(0.1 * 0.5);
      });
      disposeTree([start, params, optimizerState, all]);
    });
  });
});
