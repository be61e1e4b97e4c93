import { csd } from '@lab/models/clip';
import { conv2d, disposeTree, engine, tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import type { Array64 } from '@lab/tensor-core/linalg64';
import { key, normal } from '@lab/tensor-core/random';
import { beforeAll, describe as group, expect, test } from 'vitest';
import { expectNoLeak } from '@lab/testing';
import {
  csdDescriptor,
  describe,
  descriptorCost,
  differentiableCost,
  gramDescriptor,
  greyDescriptor,
  mixTargets,
  momentDescriptor,
  pixelDescriptor,
  randomTexture,
  type Descriptor,
} from '../src';
import { expectRefusal } from './support/throws';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

const draw = (seed: number, ...shape: number[]): Tensor => tf.tensor(normal(key(seed), shape), shape);
const array = (seed: number, ...shape: number[]): Array64 => ({
  shape,
  data: Float64Array.from(normal(key(seed), shape)),
});
const tower = {
  hidden_size: 16,
  intermediate_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  image_size: 16,
  patch_size: 8,
};
const network = csd({ vision: tower, outputs: 12 });

/** Steps of differences as long as single precision wants them, but for the kinks of rectified layers. */
const all: readonly (readonly [name: string, make: () => Descriptor, step: number, tolerance: number])[] = [
  ['moments', () => momentDescriptor(array(1, 20, 8, 8, 3)), 0.02, 1e-3],
  ['pixels', () => pixelDescriptor(array(1, 20, 8, 8, 3)), 0.02, 1e-3],
  ['grey', () => greyDescriptor([8, 8, 3]), 0.02, 1e-3],
  ['gram', () => randomTexture({ key: key(2), widths: [4, 5] }), 0.005, 2e-3],
];

group.each(all)('%s', (_, make, step, tolerance) => {
  test('has its size, length 1, and looks at each image by itself', async () => {
    const [descriptor, x] = [make(), draw(3, 3, 8, 8, 3)];
    const whole = await describe(descriptor, x);
    expect(whole.shape).toEqual([3, descriptor.size]);
    for (let b = 0; b < 3; b++) {
      const row = whole.data.subarray(b * descriptor.size, (b + 1) * descriptor.size);
      expect(Math.hypot(...row)).toBeAllclose(1, { atol: 1e-5 });
      const single = await describe(descriptor, tf.slice(x as Tensor4D, [b, 0, 0, 0], [1, -1, -1, -1]));
      expect(single.data).toBeAllclose(row, { atol: 1e-5 });
    }
  });

  // Through a decoder, as latents are described.
  test('its cost has the gradient of differences, through a decoder', async () => {
    const descriptor = make();
    const decoder = conv2d({ inputs: 2, outputs: 3, size: 3 });
    const params = decoder.init(key(5));
    const reference = draw(6, 1, 8, 8, 3);
    const cost = descriptorCost([{ descriptor, target: await describe(descriptor, reference) }], {
      decode: (z) => tf.tanh(decoder.apply(params, z)),
    });
    const z = draw(7, 1, 8, 8, 2);
    const { gradient } = await cost.evaluate(z);
    const [found, values] = [gradient.dataSync(), z.dataSync()];
    const at = (i: number, shift: number): number =>
      tf.tidy(() => {
        const moved = tf.tensor(
          values.map((value, k) => value + (k === i ? shift : 0)),
          z.shape,
        );
        return cost.losses(moved).dataSync()[0]!;
      });
    let [error, length] = [0, 0];
    found.forEach((value, i) => {
      // Of fourth order.
      const near = (at(i, step) - at(i, -step)) * 8;
      const slope = (near - at(i, 2 * step) + at(i, -2 * step)) / (12 * step);
      error += (value - slope) ** 2;
      length += value ** 2;
    });
    expect(Math.sqrt(error / length)).toBeLessThan(tolerance);
    disposeTree([params, reference, z, gradient]);
  });

  test('is 0 at the reference, grows away from it, and frees everything', async () => {
    const descriptor = make();
    const x = draw(3, 2, 8, 8, 3);
    const target = await describe(descriptor, x);
    await expectNoLeak(async () => {
      const cost = descriptorCost([{ descriptor, target, weight: 3 }]);
      const { costs, gradient } = await cost.evaluate(x);
      expect(costs).toBeAllclose([0, 0], { atol: 1e-5 });
      gradient.dispose();
      const other = tf.tidy(() => tf.add(x, tf.mul(draw(9, 2, 8, 8, 3), 0.7)));
      const moved = await cost.evaluate(other);
      expect(Math.min(...moved.costs)).toBeGreaterThan(1e-3);
      tf.dispose([other, moved.gradient]);
    });
    x.dispose();
  });
});

group('CSD', () => {
  test('is the network on resized pixels, and its gradient reaches the image', async () => {
    const params = network.init(key(0));
    const descriptor = csdDescriptor({ network, params, side: 16, size: 12 });
    const images = tf.tidy(() => tf.tanh(draw(1, 2, 8, 8, 3)));
    const { shape, data } = await describe(descriptor, images);
    expect(shape).toEqual([2, 12]);
    expect(Math.hypot(...data.subarray(0, 12))).toBeAllclose(1, { atol: 1e-5 });
    const content = await describe(
      csdDescriptor({ network, params, head: 'content', side: 16, size: 12 }),
      images,
    );
    expect(content.data).not.toBeAllclose(data, { atol: 1e-2 });
    const target = mixTargets(
      { shape: [1, 12], data: data.slice(0, 12) },
      { shape: [1, 12], data: data.slice(12) },
      { share: 0.5 },
    );
    const cost = descriptorCost([{ descriptor, target }]);
    const { costs, gradient } = await cost.evaluate(images);
    expect(gradient.shape).toEqual([2, 8, 8, 3]);
    // Along the gradient the cost falls at the rate of its squared length.
    const length = tf.tidy(() => tf.sum(tf.square(gradient)).dataSync()[0]!);
    const step = 1e-3 / Math.sqrt(length);
    const moved = await cost.evaluate(tf.sub(images, tf.mul(gradient, step)));
    const fallen = costs[0]! + costs[1]! - moved.costs[0]! - moved.costs[1]!;
    expect(fallen).toBeAllclose(step * length, { rtol: 0.05, atol: 2e-6 });
    disposeTree(params);
  });
});

// By hand: p . q = 0.6, so 1 - cos = 0.4, and |p - q|^2 = 0.16 + 0.64.
test('the squared distance of descriptors of length 1 is twice 1 - cos', async () => {
  const identity: Descriptor = { name: 'identity', size: 2, embed: (x) => x };
  const target = { shape: [1, 2], data: Float64Array.of(1, 0) };
  const p = tf.tensor2d([[0.6, 0.8]]);
  const of = async (form: 'cosine' | 'squared') =>
    (await descriptorCost([{ descriptor: identity, target, form }]).evaluate(p)).costs;
  expect(await of('squared')).toBeAllclose([0.8], { atol: 1e-6 });
  expect(await of('cosine')).toBeAllclose([0.4], { atol: 1e-6 });
});

test('a mask hides the background, and several terms add up', async () => {
  const grey = greyDescriptor([4, 4, 1]);
  const [x, other] = [draw(1, 1, 4, 4, 1), draw(2, 1, 4, 4, 1)];
  const mask = { shape: [1, 4, 4, 1], data: Float64Array.from({ length: 16 }, (_, i) => Number(i < 8)) };
  const masked = tf.mul(x, tf.tensor(Float32Array.from(mask.data), mask.shape));
  const target = await describe(grey, masked);
  const { costs } = await descriptorCost([{ descriptor: grey, target }], { mask }).evaluate(x);
  expect(costs).toBeAllclose([0], { atol: 1e-5 });
  const second = await describe(grey, other);
  const [one, two, both] = await Promise.all(
    [
      [{ descriptor: grey, target }],
      [{ descriptor: grey, target: second }],
      [
        { descriptor: grey, target, weight: 2 },
        { descriptor: grey, target: second, weight: 0.5 },
      ],
    ].map(async (terms) => (await descriptorCost(terms).evaluate(x)).costs[0]!),
  );
  expect(both).toBeAllclose(2 * one! + 0.5 * two!, { rtol: 1e-5 });
});

test('Gram matrices do not know where features are', async () => {
  const descriptor = gramDescriptor({ features: (x) => [x], channels: [3] });
  const x = draw(4, 1, 6, 6, 3);
  const turned = tf.reverse(tf.transpose(x, [0, 2, 1, 3]), 1);
  expect((await describe(descriptor, turned)).data).toBeAllclose((await describe(descriptor, x)).data, {
    atol: 1e-5,
  });
});

test('styles are mixed along the great circle', () => {
  const [a, b] = [
    { shape: [1, 2], data: Float64Array.of(1, 0) },
    { shape: [1, 2], data: Float64Array.of(0, 1) },
  ];
  expect(mixTargets(a, b, { share: 0 }).data).toBeAllclose([1, 0]);
  expect(mixTargets(a, b, { share: 1 / 3 }).data).toBeAllclose([Math.sqrt(3) / 2, 0.5]);
  expect(mixTargets(a, a, { share: 0.4 }).data).toBeAllclose([1, 0]);
});

const grey = greyDescriptor([2, 2, 1]);
const one = { shape: [1, 4], data: Float64Array.of(1, 0, 0, 0) };
test.each<[string, () => unknown, string]>([
  ['no terms', () => descriptorCost([]), 'argument'],
  [
    'a target of another size',
    () => descriptorCost([{ descriptor: grey, target: { shape: [1, 3], data: new Float64Array(3) } }]),
    'shape',
  ],
  [
    'a target of zeros',
    () => descriptorCost([{ descriptor: grey, target: { shape: [1, 4], data: new Float64Array(4) } }]),
    'numeric',
  ],
  ['a negative weight', () => descriptorCost([{ descriptor: grey, target: one, weight: -1 }]), 'argument'],
  [
    'two references for three images',
    () =>
      descriptorCost([
        { descriptor: grey, target: { shape: [2, 4], data: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0) } },
      ]).evaluate(draw(1, 3, 2, 2, 1)),
    'shape',
  ],
  [
    'one number for a batch',
    () => differentiableCost('sum', (z) => tf.sum(z)).evaluate(draw(1, 2, 2)),
    'shape',
  ],
  [
    'opposite styles',
    () => mixTargets(one, { ...one, data: one.data.map((x) => -x) }, { share: 0.5 }),
    'numeric',
  ],
  ['a single image to standardise over', () => momentDescriptor(array(1, 1, 4, 4, 3)), 'shape'],
])('refuses %s', (_, act, code) => expectRefusal(act, code));
