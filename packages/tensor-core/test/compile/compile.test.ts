import {
  engine,
  grad,
  hvp,
  jvp,
  perSampleGrads,
  randomNormal,
  randomTruncatedNormal,
  randomUniform,
  tf,
  valueAndGrad,
  type Tensor,
} from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { foldIn, key, normal, permutation, split, type Key } from '@lab/tensor-core/random';
import { expectNoLeak } from '@lab/testing';
import { describe, expect, test } from 'vitest';
import { distance } from '../support/check';
import { missing } from './support';

await engine({ prefer: 'wasm' });
const numbers = (x: Tensor): number[] => [...x.dataSync()];
const code = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
};

describe.skipIf(missing !== undefined)('compile', () => {
  test('trees in, trees out: structure, element types, static leaves; arguments stay, nothing leaks', async () => {
    await expectNoLeak(() => {
      const f = compile((tree: { a: Tensor; more: Tensor[]; by: number }) => ({
        scaled: tf.mul(tree.a, tree.by),
        both: [tf.add(tree.more[0]!, tree.more[1]!), tf.greater(tree.a, 2)],
        count: tf.cast(tree.a, 'int32'),
        note: 'kept',
        by: tree.by,
        nothing: undefined,
      }));
      const tree = { a: tf.tensor1d([1, 2.5, 4]), more: [tf.scalar(1), tf.tensor1d([3, 4])], by: 3 };
      const found = f(tree);
      expect(numbers(found.scaled)).toEqual([3, 7.5, 12]);
      expect(found.both.map((x) => [x.dtype, numbers(x)])).toEqual([
        ['float32', [4, 5]],
        ['bool', [0, 1, 1]],
      ]);
      expect([found.count.dtype, numbers(found.count)]).toEqual(['int32', [1, 2, 4]]);
      expect([found.note, found.by, found.nothing]).toEqual(['kept', 3, undefined]);
      expect(numbers(tree.a)).toEqual([1, 2.5, 4]);
      tf.dispose([tree.a, ...tree.more, found.scaled, ...found.both, found.count]);
      f.dispose();
    });
  });

  test('one trace a signature: shapes, types and plain numbers; values do not count', () => {
    let runs = 0;
    const f = compile((x: Tensor, by: number) => {
      runs++;
      return tf.mul(x, by);
    });
    expect(numbers(f(tf.tensor1d([1, 2]), 2))).toEqual([2, 4]);
    expect(numbers(f(tf.tensor1d([3, 4]), 2))).toEqual([6, 8]);
    expect([runs, f.traces]).toEqual([1, 1]);
    expect(numbers(f(tf.tensor1d([3, 4]), 5))).toEqual([15, 20]);
    expect(numbers(f(tf.tensor1d([3]), 5))).toEqual([15]);
    expect([runs, f.traces]).toEqual([3, 3]);
    f.dispose();
  });

  test('returns arguments, constants and the same tensor twice as tensors of their own', async () => {
    await expectNoLeak(() => {
      const f = compile((x: Tensor) => {
        const y = tf.square(x);
        return [x, y, y, tf.ones([2]), tf.zeros([0, 3])] as const;
      });
      const x = tf.tensor1d([2, 3]);
      const found = f(x);
      x.dispose();
      expect(found.map(numbers)).toEqual([[2, 3], [4, 9], [4, 9], [1, 1], []]);
      expect(found[4].shape).toEqual([0, 3]);
      for (const each of found) each.dispose();
      f.dispose();
    });
  });

  test('complex numbers go in and out', () => {
    const f = compile((z: Tensor) => tf.mul(z, z));
    // (1 + 2i)^2 = -3 + 4i, (3 - i)^2 = 8 - 6i
    const z = tf.complex([1, 3], [2, -1]);
    expect(numbers(f(z))).toEqual([-3, 4, 8, -6]);
    f.dispose();
  });

  test('what the function reaches otherwise is a constant of the trace', () => {
    const w = tf.tensor1d([1, 2]);
    const f = compile((x: Tensor) => tf.mul(x, w));
    const x = tf.tensor1d([10, 10]);
    expect(numbers(f(x))).toEqual([10, 20]);
    w.dispose();
    expect(numbers(f(x))).toEqual([10, 20]);
    f.dispose();
  });

  test('gradients of every kind are part of the graph', () => {
    const loss = (w: Tensor, x: Tensor): Tensor => tf.sum(tf.exp(tf.mul(w, x)));
    const [w, x, v] = [tf.tensor1d([0.5, -1]), tf.tensor1d([2, 3]), tf.tensor1d([1, 2])];
    const all = (a: Tensor, b: Tensor, along: Tensor) => [
      valueAndGrad(loss)(a, b).value,
      grad(loss)(a, b),
      hvp(loss)(a, along, b),
      jvp((p: Tensor) => tf.exp(tf.mul(p, b)))(a, along).tangent,
      perSampleGrads((p: Tensor, each: Tensor) => tf.sum(tf.square(tf.mul(p, each))))(tf.sum(a), b),
    ];
    const compiled = compile(all);
    const found = compiled(w, x, v).map(numbers);
    // e^{wx} x, e^{wx} x^2 v, e^{wx} x v; d(s x)^2/ds = 2 s x^2 with s = -0.5
    const e = [Math.exp(1), Math.exp(-3)] as const;
    const expected = [
      [e[0] + e[1]],
      [2 * e[0], 3 * e[1]],
      [4 * e[0], 18 * e[1]],
      [2 * e[0], 6 * e[1]],
      [-4, -9],
    ];
    found.forEach((each, i) => expect(distance(each, expected[i]!)).toBeLessThan(1e-6));
    compiled.dispose();
  });

  test('inside a gradient, and inside another compiled function, it is the function itself', () => {
    const square = compile((x: Tensor) => tf.square(x));
    const x = tf.tensor1d([1, 2, 3]);
    expect(numbers(grad((y: Tensor) => tf.sum(square(y)))(x))).toEqual([2, 4, 6]);
    const outer = compile((y: Tensor) => tf.add(square(y), 1));
    expect(numbers(outer(x))).toEqual([2, 5, 10]);
    expect(square.traces).toBe(0);
    square.dispose();
    outer.dispose();
  });

  test('works on other engines', async () => {
    const f = compile((x: Tensor) => ({ y: tf.mul(x, 2), z: tf.cast(x, 'complex64') }));
    await engine({ prefer: 'cpu' });
    const { y, z } = f(tf.tensor1d([1, 2]));
    expect([numbers(y), numbers(z)]).toEqual([
      [2, 4],
      [1, 0, 2, 0],
    ]);
    await engine({ prefer: 'wasm' });
    expect(numbers(f(tf.tensor1d([3, 4])).y)).toEqual([6, 8]);
    f.dispose();
  });

  describe('keys', () => {
    const draws = (at: Key, x: Tensor): Tensor[] => {
      const [a, b] = split(at) as [Key, Key];
      return [
        tf.add(x, randomNormal(a, [3])),
        randomNormal(foldIn(b, 7), [2, 2]),
        randomUniform(b, [4], { low: -1, high: 3 }),
        randomTruncatedNormal(foldIn(foldIn(b, 1), 2), [3], { low: -1 }),
      ];
    };

    test('draw, with every call, the bits that the function itself would', () => {
      const f = compile(draws, { keyArguments: [0] });
      const x = tf.zeros([3]);
      for (const seed of [0, 1, 99])
        expect(f(key(seed), x).map(numbers)).toEqual(draws(key(seed), x).map(numbers));
      expect(f.traces).toBe(1);
      f.dispose();
    });

    test('stay plain keys outside of the trace', () => {
      const seen: Key[] = [];
      const f = compile((at: Key) => (seen.push(at), randomNormal(at, [1])), { keyArguments: [0] });
      const own = key(3);
      f(own);
      expect(numbers(randomNormal(own, [2]))).toEqual([...normal(own, 2)]);
      expect(normal(split(own)[0]!, 1)).toHaveLength(1);
      expect(code(() => normal(seen[0]!, 1))).toBe('unsupported');
      f.dispose();
    });

    test('plain numbers are not drawn inside', () => {
      const f = compile((at: Key) => tf.tensor1d(normal(at, 2)), { keyArguments: [0] });
      expect(() => f(key(0))).toThrow(/randomNormal.*draw before/);
      const g = compile((at: Key) => tf.gather(tf.range(0, 3), tf.tensor1d(permutation(at, 3), 'int32')), {
        keyArguments: [0],
      });
      expect(code(() => g(key(0)))).toBe('unsupported');
    });
  });

  describe('refuses', () => {
    test('to read values, and says where', () => {
      const ifPositive = (x: Tensor): Tensor => (x.dataSync()[0]! > 0 ? x : tf.neg(x));
      const before = [tf.getBackend(), tf.memory().numTensors];
      expect(() => compile(ifPositive)(tf.scalar(1))).toThrow(
        /reads the values.*ifPositive.*compile\.test\.ts.*tf\.where/,
      );
      expect([tf.getBackend(), tf.memory().numTensors]).toEqual([before[0], (before[1] as number) + 1]);
    });

    test('an asynchronous function', () => {
      expect(() => compile(async (x: Tensor) => tf.neg(x))(tf.scalar(1))).toThrow(/must not be asynchronous/);
      expect(code(() => compile(async (x: Tensor) => await x.data())(tf.scalar(1)))).toBe('unsupported');
    });

    test('host arrays, disposed tensors, and calls after dispose', () => {
      const f = compile((x: { a: Float32Array }) => tf.tensor1d(x.a));
      expect(() => f({ a: Float32Array.of(1) })).toThrow(/argument: a.*Float32Array.*tf\.tensor/);
      const gone = tf.scalar(2);
      const g = compile((x: Tensor) => tf.mul(x, gone));
      gone.dispose();
      expect(() => g(tf.scalar(1))).toThrow(/disposed/);
      const h = compile((x: Tensor) => tf.neg(x));
      h(tf.scalar(1));
      h.dispose();
      expect(() => h(tf.scalar(1))).toThrow(/has been disposed of/);
    });

    test('a number that is another with every call, after some', () => {
      const f = compile((x: Tensor, step: number) => tf.mul(x, step), { maxTraces: 3 });
      for (const step of [1, 2, 3]) f(tf.scalar(1), step);
      expect(() => f(tf.scalar(1), 4)).toThrow(/3 different signatures.*tf\.scalar/);
      expect(numbers(f(tf.scalar(2), 3))).toEqual([6]);
      f.dispose();
    });

    test('threads that are none', () => {
      expect(() => compile((x: Tensor) => tf.neg(x), { threads: 0.5 })(tf.scalar(1))).toThrow(
        /threads must be a whole number.*received: 0\.5/,
      );
    });

    test('an index out of range, with memory given back', () => {
      const f = compile((x: Tensor, at: Tensor) => tf.gather(x, at));
      const [x, at] = [tf.tensor1d([1, 2]), tf.tensor1d([7], 'int32')];
      const before = tf.memory().numTensors;
      expect(code(() => f(x, at))).toBe('numeric');
      expect(tf.memory().numTensors).toBe(before);
      f.dispose();
    });
  });
});
