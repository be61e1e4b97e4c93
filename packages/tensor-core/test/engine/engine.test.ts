import { engine, engineInfo, tf } from '@lab/tensor-core';
import { expect, test } from 'vitest';

test('starts WebAssembly without configuration', async () => {
  expect(() => engineInfo()).toThrow(/no engine runs yet/);
  const info = await engine();
  console.log(info);
  expect(info).toMatchObject({ name: 'wasm', backend: 'wasm', threads: 1, simd: true });
  expect(tf.getBackend()).toBe('wasm');
});
