import { availableParallelism } from 'node:os';
import { engine, engineInfo, isLabError, tf } from '@lab/tensor-core';
import { expect, test } from 'vitest';

const codeOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'no error',
    (error: unknown) => (isLabError(error) ? error.code : error),
  );

test('starts WebAssembly without configuration, and only once', async () => {
  expect(() => engineInfo()).toThrow(/no engine runs yet/);
  const [first, second] = await Promise.all([engine(), engine()]);
  const { memory, skipped, execution, compiled, ...rest } = first;
  expect(rest).toEqual({ name: 'wasm', backend: 'wasm', version: '4.22.0', threads: 1, simd: true });
  expect(second).toMatchObject(rest);
  expect(execution).toBe('auto');
  expect(compiled).toMatchObject({
    version: expect.stringMatching(/^1\.30\./),
    threads: availableParallelism(),
  });
  expect(skipped.map(({ name }) => name)).toEqual(['node-gpu', 'node', 'webgpu']);
  expect(memory.heapBytes).toBeGreaterThan(0);
  const backend = tf.backend();
  await engine({ prefer: 'auto' });
  expect(tf.backend()).toBe(backend);
});

test('reports the memory of live tensors', async () => {
  const before = (await engine()).memory;
  const x = tf.zeros([100, 10]);
  expect(engineInfo().memory).toMatchObject({ bytes: before.bytes + 4000, tensors: before.tensors + 1 });
  x.dispose();
  expect(engineInfo().memory).toMatchObject({ bytes: before.bytes, tensors: before.tensors });
});

test('trap 5: says one thread in Node, whatever was asked for', async () => {
  expect((await engine({ threads: 4 })).threads).toBe(1);
});

test('trap 10: the cpu engine starts without its greeting, and tensors move', async () => {
  const x = tf.tensor1d([1, 2, 3]);
  const lines: unknown[] = [];
  const { warn } = console;
  console.warn = (...args) => lines.push(args);
  try {
    expect(await engine({ prefer: 'cpu' })).toMatchObject({ name: 'cpu', backend: 'cpu', threads: 1 });
    expect([...tf.square(x).dataSync()]).toEqual([1, 4, 9]);
  } finally {
    console.warn = warn;
  }
  expect(lines).toEqual([]);
  expect(await engine()).toMatchObject({ name: 'cpu' });
  expect(await engine({ prefer: 'wasm' })).toMatchObject({ name: 'wasm' });
  expect([...tf.square(x).dataSync()]).toEqual([1, 4, 9]);
});

test('refuses bad options and missing engines, and keeps the one that runs', async () => {
  expect(await codeOf(engine({ prefer: 'cuda' as 'cpu' }))).toBe('argument');
  expect(await codeOf(engine({ threads: 0 }))).toBe('argument');
  expect(await codeOf(engine({ prefer: 'node-gpu' }))).toBe('missing');
  expect(await codeOf(engine({ prefer: 'webgpu' }))).toBe('unsupported');
  expect(engineInfo().name).toBe('wasm');
});
