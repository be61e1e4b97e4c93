import {
  cloneTree,
  disposeTree,
  engine,
  hostArray,
  keepTree,
  loadTree,
  saveTree,
  tf,
  treeDot,
  treeFromHost,
  treeGlobalNorm,
  treeMap,
  treeSize,
  treeToHost,
  treeZerosLike,
  type HostArray,
  type Tensor,
} from '@lab/tensor-core';
import { expectNoLeak, liveTensors } from '@lab/testing';
import { expect, test } from 'vitest';

await engine({ prefer: 'wasm' });

const tree = () => ({
  a: tf.tensor2d([1, -2, 3, 4], [2, 2]),
  list: [tf.tensor1d([5, 6], 'int32'), tf.scalar(true)],
});
const numbers = () => ({
  a: tf.tensor2d([1, -2, 3, 4], [2, 2]),
  list: [tf.tensor1d([0.5, 6]), tf.scalar(2)],
});

test('to main memory and back keeps shape, kind and values', async () => {
  await expectNoLeak(async () => {
    const before = tree();
    const host = await treeToHost({ ...before, steps: 2 ** 40 + 1 });
    expect(host.a).toEqual(
      hostArray({ shape: [2, 2], dtype: 'float32', data: Float32Array.of(1, -2, 3, 4) }),
    );
    expect(host.list[0]).toEqual(hostArray({ shape: [2], dtype: 'int32', data: Int32Array.of(5, 6) }));
    expect(host.list[1]).toEqual(hostArray({ shape: [], dtype: 'bool', data: Uint8Array.of(1) }));
    expect(host.steps.data).toEqual(Float64Array.of(2 ** 40 + 1));
    const after = treeFromHost({ a: host.a, list: host.list });
    expect(await treeToHost(after)).toEqual({ a: host.a, list: host.list });
    disposeTree([before, after]);
  });
});

test('saved by dotted path, loaded into a tree of the same structure', async () => {
  await expectNoLeak(async () => {
    const before = { ...tree(), count: 7 };
    const arrays = await saveTree(before);
    expect(Object.keys(arrays)).toEqual(['a', 'count', 'list.0', 'list.1']);
    const after = loadTree(before, arrays);
    expect(after.count).toBe(7);
    expect(await saveTree(after)).toEqual(arrays);
    // Plain objects serve as arrays too.
    const plain = treeMap(
      (array: HostArray) => ({ shape: array.shape, dtype: array.dtype, data: array.data }),
      arrays,
    );
    const again = loadTree(before, plain);
    expect(await saveTree(again)).toEqual(arrays);
    disposeTree([before, after, again]);
  });
});

test('what does not fit is refused and leaves nothing behind', async () => {
  await expectNoLeak(async () => {
    const like = tree();
    const arrays = await saveTree(like);
    const { a: _, ...rest } = arrays;
    expect(() => loadTree(like, rest)).toThrow(/loadTree.*"missing":\["a"\]/);
    const flat = hostArray({ shape: [4], dtype: 'float32', data: new Float32Array(4) });
    expect(() => loadTree(like, { ...arrays, a: flat })).toThrow(/a; expected: .*\[2,2\].*received: .*\[4\]/);
    const whole = hostArray({ shape: [2, 2], dtype: 'int32', data: new Int32Array(4) });
    expect(() => loadTree(like, { ...arrays, a: whole })).toThrow(/float32.*int32/);
    disposeTree(like);
  });
});

test('algebra: closed forms', async () => {
  await expectNoLeak(() => {
    const a = numbers();
    const b = { a: tf.ones([2, 2]), list: [tf.tensor1d([2, 3]), tf.scalar(-1)] };
    // (1 - 2 + 3 + 4) + (0.5 * 2 + 6 * 3) + 2 * -1 and sqrt(1 + 4 + 9 + 16 + 0.25 + 36 + 4)
    const dot = treeDot(a, b);
    const norm = treeGlobalNorm(a);
    expect(dot.dataSync()[0]).toBe(23);
    expect(norm.dataSync()[0]).toBeCloseTo(Math.sqrt(70.25), 5);
    expect(treeSize(a)).toBe(7);
    const flat = tf.ones([4]);
    expect(() => treeDot(a, { ...b, a: flat })).toThrow(/argument: a; received: \[\[2,2\],\[4\]\]/);
    disposeTree([a, b, dot, norm, flat]);
  });
});

test('clones outlive what they were made of; kept trees outlive tidy', async () => {
  await expectNoLeak(() => {
    const first = numbers();
    const second = cloneTree(first);
    disposeTree(first);
    expect(second.a.dataSync()).toEqual(Float32Array.of(1, -2, 3, 4));
    const zeros = treeZerosLike(second);
    expect(zeros.list.map((each: Tensor) => [...each.dataSync()])).toEqual([[0, 0], [0]]);
    let kept: Tensor[] = [];
    const before = liveTensors();
    tf.tidy(() => {
      kept = keepTree([tf.scalar(1), tf.scalar(2)]);
    });
    expect(liveTensors() - before).toBe(2);
    disposeTree([second, zeros, kept]);
  });
});
