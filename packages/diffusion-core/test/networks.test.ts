import { beforeAll, describe, expect, test } from 'vitest';
import { disposeTree, engine, tf, treeLeaves, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import {
  cosineSchedule,
  mlpDenoiser,
  networkDenoiser,
  rectifiedFlowSchedule,
  sample,
  timeSeriesTransformer,
  type DenoisingNetwork,
  type Metadata,
} from '../src';
import { timeFeatures } from '../src/networks/time-features';

beforeAll(() => engine());

const metadata = { categories: [3, 2], continuous: 1 };
const known = (): Metadata => ({
  categorical: tf.tensor2d(
    [
      [0, 1],
      [2, 0],
    ],
    [2, 2],
    'int32',
  ),
  continuous: tf.tensor2d([[0.5], [-1]]),
});
const networks: [string, (conditional: boolean) => DenoisingNetwork<any>][] = [
  [
    'mlpDenoiser',
    (conditional) => mlpDenoiser({ shape: [8, 2], width: 12, ...(conditional ? { metadata } : {}) }),
  ],
  [
    'timeSeriesTransformer',
    (conditional) =>
      timeSeriesTransformer({
        length: 8,
        channels: 2,
        width: 8,
        heads: 2,
        patch: 2,
        ...(conditional ? { metadata } : {}),
      }),
  ],
];

describe.each(networks)('%s', (_, make) => {
  test('keeps the shape, depends on state, time and key, and leaks nothing', async () => {
    await expectNoLeak(() => {
      const network = make(false);
      const params = network.init(key(0));
      const x = tf.tensor3d(
        Array.from({ length: 32 }, (_, i) => Math.sin(i)),
        [2, 8, 2],
      );
      const [t, later] = [tf.tensor1d([0.2, 0.7]), tf.tensor1d([0.3, 0.7])];
      const numbers = (p: unknown, state: Tensor, time: Tensor): number[] =>
        Array.from(tf.tidy(() => network.apply(p, state, time).dataSync()));
      const y = tf.tidy(() => network.apply(params, x, t));
      expect(y.shape).toEqual([2, 8, 2]);
      const first = numbers(params, x, t);
      expect(numbers(params, x, t)).toEqual(first);
      const moved = numbers(params, x, later);
      expect(moved.slice(0, 16)).not.toEqual(first.slice(0, 16));
      expect(moved.slice(16)).toBeAllclose(first.slice(16), { rtol: 1e-5, atol: 1e-6 }); // samples do not mix
      const double = tf.mul(x, 2);
      expect(numbers(params, double, t)).not.toEqual(first);
      const others = network.init(key(1));
      expect(numbers(others, x, t)).not.toEqual(first);
      for (const each of [x, t, later, y, double]) each.dispose();
      disposeTree(params);
      disposeTree(others);
    });
  });

  test('gradients of all parameters equal finite differences', async () => {
    const network = make(true);
    const params = network.init(key(3));
    const x = tf.tensor3d(
      Array.from({ length: 32 }, (_, i) => Math.cos(1.7 * i)),
      [2, 8, 2],
    );
    const t = tf.tensor1d([0.2, 0.7]);
    const condition = known();
    const loss = (p: unknown): Tensor => tf.mean(tf.square(network.apply(p, x, t, condition)));
    const { value, grads } = valueAndGrad(loss)(params);
    const leaves = treeLeaves(params as never) as unknown as Tensor[];
    const slopes = treeLeaves(grads as never) as unknown as Tensor[];
    // Along the gradient itself the directional derivative is its squared norm.
    const norm = Math.sqrt(
      slopes.reduce((sum, slope) => sum + tf.tidy(() => tf.sum(tf.square(slope)).dataSync()[0]!), 0),
    );
    expect(norm).toBeGreaterThan(0);
    const originals = leaves.map((leaf) => leaf.dataSync().slice());
    const h = 2e-3 / norm;
    const at = (sign: number): number => {
      const shifted = leaves.map((leaf, i) => tf.tidy(() => tf.add(leaf, tf.mul(slopes[i]!, sign * h))));
      const byLeaf = new Map(leaves.map((leaf, i) => [leaf, shifted[i]!]));
      const rebuild = (node: any): any =>
        node instanceof tf.Tensor
          ? byLeaf.get(node as Tensor)
          : Array.isArray(node)
            ? node.map(rebuild)
            : Object.fromEntries(Object.entries(node).map(([name, each]) => [name, rebuild(each)]));
      const result = tf.tidy(() => loss(rebuild(params)).dataSync()[0]!);
      shifted.forEach((each) => each.dispose());
      return result;
    };
    expect((at(1) - at(-1)) / (2 * h)).toBeAllclose(norm ** 2, { rtol: 0.02 });
    expect(leaves.map((leaf) => leaf.dataSync())).toEqual(originals);
    // Every parameter matters.
    for (const slope of slopes)
      expect(tf.tidy(() => tf.max(tf.abs(slope)).dataSync()[0]!)).toBeGreaterThan(0);
    [value, x, t, ...Object.values(condition)].forEach((each) => (each as Tensor).dispose());
    disposeTree(params);
    disposeTree(grads);
  });

  test('metadata change the output where present, and nothing where withheld', async () => {
    const network = make(true);
    const params = network.init(key(5));
    const x = tf.ones([2, 8, 2]);
    const t = tf.tensor1d([0.5, 0.5]);
    const condition = known();
    const present = tf.tensor1d([1, 0]);
    const run = (given?: Metadata): number[] =>
      Array.from(tf.tidy(() => network.apply(params, x, t, given).dataSync()));
    const [without, withAll, withOne] = [run(), run(condition), run({ ...condition, present })];
    expect(withAll.slice(0, 16)).not.toEqual(without.slice(0, 16));
    expect(withOne.slice(0, 16)).toBeAllclose(withAll.slice(0, 16), { rtol: 1e-5, atol: 1e-6 });
    expect(withOne.slice(16)).toBeAllclose(without.slice(16), { rtol: 1e-5, atol: 1e-6 });
    expect(() => run({ continuous: condition.continuous! })).toThrow(/2 categorical metadata fields/);
    [x, t, present, ...Object.values(condition)].forEach((each) => (each as Tensor).dispose());
    disposeTree(params);
  });

  test('as a denoiser it samples, for every prediction, and holds no tensor of its own', async () => {
    await expectNoLeak(async () => {
      const network = make(false);
      const params = network.init(key(0));
      for (const predicts of ['epsilon', 'sample', 'v', 'velocity'] as const) {
        const schedule =
          predicts === 'velocity' ? rectifiedFlowSchedule() : cosineSchedule({ minSignalLevel: 1e-4 });
        const denoiser = networkDenoiser(network, params, { predicts, schedule });
        const { samples } = await sample(denoiser, { schedule, steps: 3, shape: [2, 8, 2], key: key(1) });
        expect(samples.shape).toEqual([2, 8, 2]);
        samples.dispose();
      }
      disposeTree(params);
    });
  });
});

test('metadata may vary with time in the transformer', () => {
  const network = timeSeriesTransformer({
    length: 8,
    channels: 1,
    width: 8,
    heads: 2,
    metadata: { continuous: 1 },
  });
  const params = network.init(key(0));
  const ramp = tf.tensor3d(
    Array.from({ length: 8 }, (_, i) => i / 8),
    [1, 8, 1],
  );
  const flat = tf.fill([1, 8, 1], 3.5 / 8);
  const run = (continuous: Tensor): number[] =>
    Array.from(
      tf.tidy(() => network.apply(params, tf.ones([1, 8, 1]), tf.tensor1d([0.5]), { continuous }).dataSync()),
    );
  expect(run(ramp)).not.toEqual(run(flat));
  ramp.dispose();
  flat.dispose();
  disposeTree(params);
});

test('time features: sines and cosines at frequencies even in the logarithm', () => {
  const t = tf.tensor1d([0.5]);
  const { size, of } = timeFeatures({ frequencies: 3, low: 1, high: 100 });
  const found = of(t);
  const rates = [100, 10, 1];
  expect(size).toBe(6);
  expect(found).toBeAllclose([[...rates.map((w) => Math.sin(w / 2)), ...rates.map((w) => Math.cos(w / 2))]], {
    atol: 1e-5,
  });
  found.dispose();
  t.dispose();
});

test.each([
  ['a patch that does not divide the length', () => timeSeriesTransformer({ length: 10, channels: 1 })],
  ['heads that do not divide the width', () => timeSeriesTransformer({ length: 8, channels: 1, heads: 5 })],
  ['no width', () => mlpDenoiser({ shape: [4], width: 0 })],
  ['a single frequency', () => mlpDenoiser({ shape: [4], time: { frequencies: 1 } })],
  ['metadata without fields', () => mlpDenoiser({ shape: [4], metadata: {} })],
])('refuses %s', (_, make) => expect(make).toThrow());

test('refuses a noise predictor on a schedule that ends in pure noise', () => {
  const network = mlpDenoiser({ shape: [4] });
  const schedule = rectifiedFlowSchedule();
  expect(() => networkDenoiser(network, {} as never, { predicts: 'epsilon', schedule })).toThrow(
    /alpha\(1\) is 0/,
  );
});
