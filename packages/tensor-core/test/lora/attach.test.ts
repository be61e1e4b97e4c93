import {
  adam,
  applyUpdates,
  conv1d,
  conv2d,
  disposeTree,
  dropout,
  embedding,
  engine,
  linear,
  lora,
  randomNormal,
  randomUniform,
  tf,
  tidyTree,
  treeLeaves,
  treeMap,
  treePaths,
  valueAndGrad,
  type LoraAdapters,
  type Tensor,
} from '@lab/tensor-core';
import { compileStep } from '@lab/tensor-core/compile';
import { foldIn, key, split, type Key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

const layers = {
  table: embedding({ count: 7, width: 6 }),
  dense: linear({ inputs: 6, outputs: 5 }),
  line: conv1d({ inputs: 5, outputs: 4, size: 3 }),
  image: conv2d({ inputs: 4, outputs: 3, size: 3 }),
};
type Params = ReturnType<typeof initial>;
const initial = () => {
  const keys = split(key(0), 4);
  return {
    table: layers.table.init(keys[0]!),
    dense: layers.dense.init(keys[1]!),
    line: layers.line.init(keys[2]!),
    image: layers.image.init(keys[3]!),
  };
};
/** Ids [2, 4] through all four layers. */
const forward = (params: Params, ids: Tensor): Tensor => {
  const hidden = layers.dense.apply(params.dense, layers.table.apply(params.table, ids));
  const line = layers.line.apply(params.line, tf.tanh(hidden));
  return layers.image.apply(params.image, tf.reshape(line, [2, 2, 2, 4]));
};
const noise = (tree: LoraAdapters, at: Key): LoraAdapters => {
  let next = 0;
  return treeMap((leaf: Tensor) => randomNormal(foldIn(at, next++), leaf.shape), tree);
};
const everything = (params: Params): LoraAdapters => {
  const fresh = lora.init(key(1), params, { targets: /weight$/, rank: 2, full: /bias$/ });
  const adapters = noise(fresh, key(2));
  disposeTree(fresh);
  return adapters;
};
const ids = () => tf.tensor2d([0, 1, 2, 3, 6, 5, 4, 0], [2, 4], 'int32');
const alpha = (path: string) => (path.startsWith('dense') ? 8 : 3);

function expectClose(actual: unknown, expected: unknown, tolerance: number): void {
  const [a, b] = [treeLeaves<Tensor>(actual as Tensor), treeLeaves<Tensor>(expected as Tensor)];
  expect(a.length).toBe(b.length);
  a.forEach((leaf, i) => {
    const other = b[i]!.dataSync();
    leaf.dataSync().forEach((value, j) => expect(Math.abs(value - other[j]!)).toBeLessThan(tolerance));
  });
}

describe('an adapter beside its weight equals one added to it', () => {
  test('value and gradients, through embedding, linear and both convolutions', () =>
    expectNoLeak(() => {
      const [params, x] = [initial(), ids()];
      const adapters = everything(params);
      const by = (adapt: typeof lora.apply) =>
        valueAndGrad((a: LoraAdapters) => tf.sum(tf.square(forward(adapt(params, a, { alpha }), x))))(
          adapters,
        );
      const [beside, added] = [by(lora.attach), by(lora.apply)];
      const size = added.value.dataSync()[0]!;
      expect(Math.abs(beside.value.dataSync()[0]! / size - 1)).toBeLessThan(1e-5);
      const scale = Math.max(
        ...treeLeaves<Tensor>(added.grads as never).map((g) =>
          tf.tidy(() => tf.max(tf.abs(g)).dataSync()[0]!),
        ),
      );
      expectClose(beside.grads, added.grads, 1e-5 * scale);
      disposeTree([params, x, adapters, beside, added]);
    }));

  test('a layer that knows nothing of adapters fails, rather than leave them out', () =>
    expectNoLeak(() => {
      const params = { w: tf.ones([2, 3]) };
      const adapters = lora.init(key(0), params, { targets: ['w'], rank: 1 });
      expect(() => tf.tidy(() => tf.matMul(tf.ones([1, 2]), lora.attach(params, adapters).w))).toThrow(
        /must be a Tensor/,
      );
      disposeTree([params, adapters]);
    }));

  test('dropout acts on the input of the adapter alone, by its key', () =>
    expectNoLeak(() => {
      const params = { weight: tf.eye(4) as Tensor };
      const layer = linear({ inputs: 4, outputs: 4, bias: false });
      const adapters = { weight: { down: tf.eye(4), up: tf.eye(4) } };
      const x = tf.ones([50, 4]);
      const y = tf.tidy(() =>
        layer.apply(lora.attach(params, adapters, { dropout: { rate: 0.5, key: key(3) } }), x),
      );
      // 1 from the weight, and 0 or 1 / (1 - 0.5) from the adapter.
      const mask = tf.tidy(() =>
        tf.add(
          1,
          tf.mul(2, tf.cast(tf.greaterEqual(randomUniform(foldIn(key(3), 0), [50, 4]), 0.5), 'float32')),
        ),
      );
      expect([...y.dataSync()]).toEqual([...mask.dataSync()]);
      expect(new Set(y.dataSync())).toEqual(new Set([1, 3]));
      expect(() => lora.attach(params, adapters, { dropout: { rate: 1, key: key(0) } })).toThrow(
        /dropout.rate/,
      );
      disposeTree([params, adapters, x, y, mask]);
    }));
});

describe('ranks, scales and changes by weight', () => {
  test('a rank and an alpha for each weight', () =>
    expectNoLeak(() => {
      const params = { a: tf.zeros([4, 4]), b: tf.zeros([4, 4]) };
      const adapters = lora.init(key(0), params, { targets: /./, rank: (path) => (path === 'a' ? 1 : 3) });
      expect(treeLeaves<Tensor>(adapters as never).map(({ shape }) => shape)).toEqual([
        [4, 1],
        [1, 4],
        [4, 3],
        [3, 4],
      ]);
      const ones = tidyTree(() => treeMap((leaf: Tensor) => tf.onesLike(leaf), adapters));
      const merged = lora.merge(params, ones, { alpha: (path) => (path === 'a' ? 5 : 6) });
      // a: 5 / 1 * 1; b: 6 / 3 * 3.
      expect([merged.params.a.dataSync()[0], merged.params.b.dataSync()[0]]).toEqual([5, 6]);
      disposeTree([params, adapters, ones, merged]);
    }));

  test('changes of full rank: biases alone, and no parameter twice', () =>
    expectNoLeak(() => {
      const params = initial();
      const biases = lora.init(key(0), params, { full: /bias$/ });
      expect(treePaths(biases)).toEqual(['dense.bias.change', 'image.bias.change', 'line.bias.change']);
      expect(lora.count(biases)).toBe(5 + 3 + 4);
      const moved = tidyTree(() => treeMap((leaf: Tensor) => tf.add(leaf, 2), biases));
      const merged = lora.merge(params, moved, { alpha: 7 });
      expect([...merged.params.line.bias!.dataSync()]).toEqual([2, 2, 2, 2]);
      const back = lora.unmerge(merged);
      expectClose(back, params, 1e-12);
      expect(() =>
        lora.init(key(0), params, { targets: /weight$/, rank: 1, full: ['dense.weight'] }),
      ).toThrow(/low and of full rank.*dense.weight/);
      expect(() => lora.init(key(0), params, { targets: /weight$/ })).toThrow(/rank/);
      expect(() => lora.apply(params, { dense: { bias: { change: biases.line as never } } })).toThrow();
      disposeTree([params, biases, moved, merged, back]);
    }));
});

describe('compiled', () => {
  test('training steps with dropout equal the eager ones', () =>
    expectNoLeak(() => {
      const [params, x] = [initial(), ids()];
      const start = everything(params);
      const optimizer = adam({ learningRate: 0.01 });
      const step = (adapters: LoraAdapters, at: Key) =>
        tidyTree(() => {
          const { value, grads } = valueAndGrad((a: LoraAdapters) =>
            tf.mean(
              tf.square(forward(lora.attach(params, a, { alpha, dropout: { rate: 0.3, key: at } }), x)),
            ),
          )(adapters);
          const { updates } = optimizer.update(grads, optimizer.init(adapters), adapters);
          return { state: applyUpdates(adapters, updates), output: value };
        });
      const compiled = compileStep(step, start, { keyInputs: [0], threads: 1 });
      let eager = tidyTree(() => treeMap((leaf: Tensor) => tf.clone(leaf), start));
      for (let i = 0; i < 3; i++) {
        const next = step(eager, foldIn(key(9), i));
        const output = compiled.run(foldIn(key(9), i));
        expect(Math.abs(output.dataSync()[0]! / next.output.dataSync()[0]! - 1)).toBeLessThan(1e-4);
        disposeTree([eager, next.output, output]);
        eager = next.state;
      }
      const read = compiled.read();
      expectClose(read, eager, 1e-4);
      compiled.dispose();
      disposeTree([params, x, start, eager, read]);
    }));
});

describe('dropout', () => {
  test('keeps an entry with probability 1 - rate, by key, and the expectation', () =>
    expectNoLeak(() => {
      const x = tf.ones([10_000]);
      const drawn = (at: Key): number[] => {
        const y = tf.tidy(() => dropout(x, { rate: 0.2, key: at }));
        const values = [...y.dataSync()];
        y.dispose();
        return values;
      };
      const [a, again, other] = [drawn(key(0)), drawn(key(0)), drawn(key(1))];
      expect(a).toEqual(again);
      expect(a).not.toEqual(other);
      expect(new Set(a)).toEqual(new Set([0, 1.25]));
      // Standard deviation of the share is 0.004.
      expect(Math.abs(a.filter((value) => value > 0).length / 10_000 - 0.8)).toBeLessThan(0.016);
      expect(dropout(x, { rate: 0, key: key(0) })).toBe(x);
      expect(() => dropout(x, { rate: 1.5, key: key(0) })).toThrow(/rate/);
      disposeTree(x);
    }));
});
