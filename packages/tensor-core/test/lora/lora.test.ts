import {
  adam,
  disposeTree,
  engine,
  fit,
  grad,
  loadTree,
  lora,
  mlp,
  randomNormal,
  saveTree,
  tf,
  tidyTree,
  treeLeaves,
  treeMap,
  treePaths,
  treeSize,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { key, split, type Key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

const network = mlp({ sizes: [3, 6, 4] });
const convolution = (at: Key) => ({ weight: randomNormal(at, [3, 3, 2, 5]), bias: randomNormal(at, [5]) });
const bits = (tree: unknown): number[][] =>
  treeLeaves(tree as Tensor).map((leaf: Tensor) => [
    ...new Uint32Array(Float32Array.from(leaf.dataSync()).buffer),
  ]);
/** Adapters as training leaves them: no factor is zero. */
const trained = (adapters: LoraAdapters, at: Key): LoraAdapters =>
  tidyTree(() => {
    const keys = split(at, treePaths(adapters).length);
    let next = 0;
    return treeMap((leaf: Tensor) => randomNormal(keys[next++]!, leaf.shape), adapters);
  });

describe('init', () => {
  test('targets by expression, at their places, of the rank asked for', () =>
    expectNoLeak(() => {
      const params = network.init(key(0));
      const adapters = lora.init(key(1), params, { targets: /weight$/, rank: 2 });
      expect(treePaths(adapters)).toEqual([
        'layers.0.weight.down',
        'layers.0.weight.up',
        'layers.1.weight.down',
        'layers.1.weight.up',
      ]);
      expect(treeLeaves<Tensor>(adapters as never).map(({ shape }) => shape)).toEqual([
        [3, 2],
        [2, 6],
        [6, 2],
        [2, 4],
      ]);
      // rank (inputs + outputs) for each weight
      expect(lora.count(adapters)).toBe(2 * (3 + 6) + 2 * (6 + 4));
      disposeTree([params, adapters]);
    }));

  test('changes nothing yet: applied or merged the weights are the same, bit for bit', () =>
    expectNoLeak(() => {
      const params = { conv: convolution(key(0)), head: network.init(key(1)) };
      const adapters = lora.init(key(2), params, { targets: /weight$/, rank: 2 });
      const merged = lora.merge(params, adapters, { alpha: 16 });
      expect(bits(merged.params)).toEqual(bits(params));
      disposeTree([params, adapters, merged]);
    }));

  test('refuses what has no adapter', () =>
    expectNoLeak(() => {
      const params = network.init(key(0));
      const draw = (targets: RegExp | string[], rank: number) => () =>
        lora.init(key(1), params, { targets, rank });
      expect(draw(/nothing/, 1)).toThrow(/no parameter is meant.*layers.0.bias/);
      expect(draw(['layers.7.weight'], 1)).toThrow(/no leaf of this path/);
      expect(draw(/bias$/, 1)).toThrow(/params.layers.0.bias.*\[6\]/);
      expect(draw(/weight$/, 4)).toThrow(/rank.*1 to 3 for layers.0.weight.*4/);
      expect(draw(/weight$/, 0)).toThrow(/rank/);
      disposeTree(params);
    }));
});

describe('merge and unmerge', () => {
  test('a merged weight is weight + alpha / rank down up: closed form', () =>
    expectNoLeak(() => {
      const params = { w: tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]), b: tf.tensor1d([9]) };
      const adapters = { w: { down: tf.tensor2d([1, -1], [2, 1]), up: tf.tensor2d([1, 10, 100], [1, 3]) } };
      const { params: merged, base } = lora.merge(params, adapters, { alpha: 2 });
      expect([...merged.w.dataSync()]).toEqual([3, 22, 203, 2, -15, -194]);
      expect([...merged.b.dataSync()]).toEqual([9]);
      expect(treePaths(base)).toEqual(['w']);
      disposeTree([params, adapters, merged, base]);
    }));

  test('a change has the rank of its adapter, in a convolution too', () =>
    expectNoLeak(() => {
      const params = convolution(key(0));
      const fresh = lora.init(key(1), params, { targets: ['weight'], rank: 1 });
      const adapters = trained(fresh, key(2));
      const change = tf.tidy(() => tf.sub(lora.apply(params, adapters).weight, params.weight));
      expect(change.shape).toEqual([3, 3, 2, 5]);
      // Rank 1: every 2 x 2 minor of the [18, 5] matrix is zero.
      const rows = change.dataSync();
      for (let i = 1; i < 18; i++)
        for (let j = 1; j < 5; j++)
          expect(rows[0]! * rows[i * 5 + j]! - rows[j]! * rows[i * 5]!).toBeCloseTo(0, 4);
      disposeTree([params, fresh, adapters, change]);
    }));

  test('merge, then unmerge gives the base back, bit for bit, whatever the numbers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true }), { minLength: 6, maxLength: 6 }),
        fc.array(fc.float({ noNaN: true, min: Math.fround(-1e20), max: Math.fround(1e20) }), {
          minLength: 5,
          maxLength: 5,
        }),
        (weights, factors) => {
          const params = { deep: [{ w: tf.tensor2d(weights, [2, 3]) }], rest: tf.scalar(weights[0]!) };
          const before = bits(params);
          const adapters = {
            deep: {
              0: {
                w: {
                  down: tf.tensor2d(factors.slice(0, 2), [2, 1]),
                  up: tf.tensor2d(factors.slice(2), [1, 3]),
                },
              },
            },
          };
          const merged = lora.merge(params, adapters, { alpha: 3 });
          disposeTree([params, adapters]);
          const back = lora.unmerge(merged);
          disposeTree(merged);
          expect(bits(back)).toEqual(before);
          disposeTree(back);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('applied and merged networks give the same', () =>
    expectNoLeak(() => {
      const params = network.init(key(0));
      const fresh = lora.init(key(1), params, { targets: /weight$/, rank: 2 });
      const adapters = trained(fresh, key(2));
      const x = randomNormal(key(3), [5, 3]);
      const merged = lora.merge(params, adapters, { alpha: 4 });
      const [a, b] = [
        tf.tidy(() => network.apply(lora.apply(params, adapters, { alpha: 4 }), x)),
        tf.tidy(() => network.apply(merged.params, x)),
      ];
      expect(bits(a)).toEqual(bits(b));
      disposeTree([params, fresh, adapters, merged, x, a, b]);
    }));

  test('refuses adapters of another network', () =>
    expectNoLeak(() => {
      const params = { w: tf.zeros([2, 3]) };
      const adapters = { w: { down: tf.zeros([3, 1]), up: tf.zeros([1, 3]) } };
      expect(() => lora.merge(params, adapters)).toThrow(
        /adapters.w; expected: \[2,3\]; received: \[\[3,1\],\[1,3\]\]/,
      );
      expect(() => lora.apply({ v: params.w }, adapters)).toThrow(/a parameter of this path/);
      disposeTree([params, adapters]);
    }));
});

describe('training', () => {
  test('gradients flow to the adapters, as in closed form', () =>
    expectNoLeak(() => {
      // L = sum(W + D U): dD = 1 U^T, dU = D^T 1.
      const params = { w: tf.zeros([2, 2]) };
      const adapters = { w: { down: tf.tensor2d([1, 2], [2, 1]), up: tf.tensor2d([3, 5], [1, 2]) } };
      const slope = grad((a: typeof adapters) => tf.sum(lora.apply(params, a).w))(adapters);
      expect([...slope.w.down.dataSync()]).toEqual([8, 8]);
      expect([...slope.w.up.dataSync()]).toEqual([3, 3]);
      disposeTree([params, adapters, slope]);
    }));

  test('fit moves the adapters towards a change of low rank and leaves the base as it is', () =>
    expectNoLeak(async () => {
      const params = { w: randomNormal(key(0), [4, 4]) };
      const before = bits(params);
      const to = tf.tidy(() =>
        tf.add(params.w, tf.matMul(randomNormal(key(1), [4, 1]), randomNormal(key(2), [1, 4]))),
      );
      const adapters = lora.init(key(3), params, { targets: ['w'], rank: 1 });
      const result = await fit({
        params: adapters,
        optimizer: adam({ learningRate: 0.05 }),
        loss: (a: LoraAdapters) => tf.sum(tf.squaredDifference(lora.apply(params, a).w, to)),
        batches: () => undefined,
        steps: 300,
        key: key(4),
      });
      expect(result.losses.at(-1)).toBeLessThan(1e-3 * result.losses[0]!);
      expect(bits(params)).toEqual(before);
      // Adapters save and load as any parameters.
      const again = loadTree(adapters, await saveTree(result.params));
      expect(bits(again)).toEqual(bits(result.params));
      expect(treeSize(again)).toBe(8);
      disposeTree([params, to, adapters, result.params, result.optimizerState, again]);
    }));
});
