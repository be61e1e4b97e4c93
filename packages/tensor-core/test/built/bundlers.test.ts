import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundleForNode } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build as bundleForBrowser } from 'vite';
import { buildForConsumer, type Consumer } from '../support/built';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await buildForConsumer();
  consumer.write(
    'main.js',
    `import { engine, grad, tf } from '@lab/tensor-core';
    engine().then(({ name }) => {
      const slope = grad((x) => tf.sum(tf.pow(x, 3)))(tf.tensor1d([2]));
      console.log(JSON.stringify({ name, slope: slope.dataSync()[0] }));
    });`,
  );
});
afterAll(() => {
  consumer.remove();
});

test('Vite carries the engine files along', async () => {
  await bundleForBrowser({
    root: consumer.dir,
    configFile: false,
    logLevel: 'silent',
    build: { outDir: 'web', minify: false, rolldownOptions: { input: join(consumer.dir, 'main.js') } },
  });
  const files = readdirSync(join(consumer.dir, 'web'), { recursive: true }).map(String);
  for (const name of ['tfjs-backend-wasm', 'tfjs-backend-wasm-simd', 'tfjs-backend-wasm-threaded-simd'])
    expect(
      files.some((file) => new RegExp(`${name}(-[\\w-]{8})?\\.wasm$`).test(file)),
      name,
    ).toBe(true);
});

test('Vite bundles the compiler, too: whatever samples may reach it', async () => {
  consumer.write(
    'compiling.js',
    `import { compile } from '@lab/tensor-core/compile';
    export const double = compile((x) => x);`,
  );
  await bundleForBrowser({
    root: consumer.dir,
    configFile: false,
    logLevel: 'silent',
    build: {
      outDir: 'web-compiling',
      minify: false,
      rolldownOptions: { input: join(consumer.dir, 'compiling.js') },
    },
  });
  const files = readdirSync(join(consumer.dir, 'web-compiling'), { recursive: true }).map(String);
  expect(files.some((file) => file.endsWith('.js'))).toBe(true);
  expect(files.filter((file) => file.endsWith('.node'))).toEqual([]);
});

test('a single file bundled for Node finds the engine in node_modules', async () => {
  await bundleForNode({
    entry: { bundle: join(consumer.dir, 'main.js') },
    format: 'cjs',
    outDir: join(consumer.dir, 'bundled'),
    platform: 'node',
    config: false,
    silent: true,
    splitting: false,
    noExternal: [/.*/],
    outExtension: () => ({ js: '.cjs' }),
  });
  const { result } = await consumer.start('bundled/bundle.cjs');
  expect(result).toEqual({ name: 'wasm', slope: 12 });
});
