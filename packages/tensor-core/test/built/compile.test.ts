import { realpathSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildForConsumer, type Consumer } from '../support/built';

// The compiled execution as a user gets it: another entrance of the same package, an optional peer beside it.

let consumer: Consumer;
beforeAll(async () => {
  consumer = await buildForConsumer();
});
afterAll(() => {
  consumer.remove();
});

const load = {
  mjs: `import { createRequire } from 'node:module';
    import { adam, engine, engineInfo, fit, isLabError, randomNormal, tf } from '@lab/tensor-core';
    import { compile } from '@lab/tensor-core/compile';
    import { key, split } from '@lab/tensor-core/random';
    const { cache } = createRequire(import.meta.url);`,
  cjs: `const { adam, engine, engineInfo, fit, isLabError, randomNormal, tf } = require('@lab/tensor-core');
    const { compile } = require('@lab/tensor-core/compile');
    const { key, split } = require('@lab/tensor-core/random');
    const { cache } = require;`,
} as const;
const isLoaded = 'Object.keys(cache).some((path) => /onnxruntime-node.dist.binding/.test(path))';
const main = (format: 'mjs' | 'cjs', body: string): string =>
  `${load[format]}\n(async () => { ${body} })().catch((error) => { console.error(error); process.exit(1); });`;

// In order: the runtime is installed once it was seen to be missing.
describe('without onnxruntime-node', () => {
  test.each(['mjs', 'cjs'] as const)(
    '.%s: the entrance loads, engine() says what is missing, a call is refused with the command',
    async (format) => {
      const body = `
        await engine();
        const { compiled } = engineInfo();
        const error = await (async () => compile((x) => tf.square(x))(tf.scalar(3)))().catch((thrown) => thrown);
        console.log(JSON.stringify([compiled.reason, isLabError(error), error.code, error.details.hint]));`;
      const { result, stderr } = await consumer.run(main(format, body), { format });
      expect(result).toEqual([
        expect.stringContaining('onnxruntime-node is not installed'),
        true,
        'missing',
        expect.stringContaining('npm install onnxruntime-node@~1.30.0'),
      ]);
      expect(stderr).toBe('');
    },
  );
});

describe('with onnxruntime-node', () => {
  beforeAll(() => {
    const { resolve } = createRequire(join(import.meta.dirname, '../../package.json'));
    const dir = realpathSync(dirname(resolve('onnxruntime-node/package.json')));
    symlinkSync(dir, join(consumer.dir, 'node_modules/onnxruntime-node'), 'junction');
  });

  test.each(['mjs', 'cjs'] as const)(
    '.%s: loads it at the first call, and shares keys, tensors and settings with the other entrances',
    async (format) => {
      const body = `
        await engine({ threads: 1 });
        const before = ${isLoaded};
        // The key is split by another entrance: its numbers must still be those of each call, not of the trace.
        const draw = (x, k) => tf.add(x, randomNormal(split(k)[1], [2]));
        const compiled = compile(draw, { keyArguments: [1] });
        compiled(tf.zeros([2]), key(0));
        const [found, expected] = [compiled, draw].map((each) => [...each(tf.zeros([2]), key(7)).dataSync()]);
        console.log(JSON.stringify({ before, after: ${isLoaded}, equal: found.join() === expected.join(),
          threads: engineInfo().compiled.threads }));`;
      const { result, stderr } = await consumer.run(main(format, body), { format });
      expect(result).toEqual({ before: false, after: true, equal: true, threads: 1 });
      expect(stderr).toBe('');
    },
  );

  test.each(['mjs', 'cjs'] as const)('.%s: fit compiles', async (format) => {
    const body = `
      await engine();
      const { engine: used, losses } = await fit({
        params: { w: tf.scalar(0) },
        optimizer: adam({ learningRate: 0.1 }),
        loss: ({ w }, { y }) => tf.mean(tf.squaredDifference(w, y)),
        batches: () => ({ y: tf.tensor1d([2, 4]) }),
        steps: 100,
        key: key(0),
      });
      console.log(JSON.stringify([used, losses[0], losses[99] < 1.1]));`;
    expect((await consumer.run(main(format, body), { format })).result).toEqual(['compiled', 10, true]);
  });
});
