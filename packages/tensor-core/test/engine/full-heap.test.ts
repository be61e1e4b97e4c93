import { engine, isLabError, tf, type Tensor } from '@lab/tensor-core';
import { afterAll, expect, test } from 'vitest';
import type { WasmBackend } from '../../src/kernels/wasm-backend';

await engine({ prefer: 'wasm' });
const mebibyte = 2 ** 20;
const held: Tensor[] = [];
afterAll(() => tf.dispose(held));

/** A tensor whose numbers nobody writes, so that its memory is reserved alone. */
function reserve(bytes: number): void {
  const backend = tf.backend() as unknown as WasmBackend;
  const info = backend.makeOutput([bytes / 4], 'float32');
  held.push(tf.engine().makeTensorFromTensorInfo(info));
}

/** The code and message of what a function throws. */
function refusalOf(run: () => void): string {
  try {
    run();
    return 'nothing';
  } catch (error) {
    return isLabError(error) ? `${error.code}: ${error.message}` : String(error);
  }
}

test('what the heap cannot hold is refused, and the engine goes on', () => {
  for (let i = 0; i < 7; i++) reserve(512 * mebibyte);
  const small = tf.tensor1d([1, 2, 3]);
  held.push(small);
  expect(refusalOf(() => reserve(512 * mebibyte))).toMatch(
    /^memory: .* 512 MiB more than the 3,585 MiB in use/,
  );
  expect(refusalOf(() => tf.zeros([200 * mebibyte]))).toMatch(/^memory: .* 800 MiB more/);

  // Of 4,096 MiB 64 are kept for kernels.
  reserve(448 * mebibyte - 4096);
  const y = tf.add(small, 1);
  expect([...y.dataSync()]).toEqual([2, 3, 4]);
  held.push(y);

  tf.dispose(held.splice(0));
  const z = tf.mul(tf.ones([1000]), 2);
  held.push(z);
  expect(z.dataSync().every((value) => value === 2)).toBe(true);
});

test('room that is there only in pieces is refused as well', () => {
  for (let i = 0; i < 29; i++) reserve(128 * mebibyte);
  // Every other one: 1,792 MiB in holes of 128.
  for (let i = 28; i >= 0; i -= 2) tf.dispose(held.splice(i, 1));
  const refused = refusalOf(() => {
    for (let i = 0; i < 8; i++) reserve(256 * mebibyte);
  });
  expect(refused).toMatch(/^memory: /);
});
