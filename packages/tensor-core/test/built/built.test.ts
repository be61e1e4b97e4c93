import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildForConsumer, type Consumer } from '../support/built';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await buildForConsumer();
});
afterAll(() => {
  consumer.remove();
});

const load = {
  mjs: "import { engine, tf, grad, isLabError } from '@lab/tensor-core';",
  cjs: "const { engine, tf, grad, isLabError } = require('@lab/tensor-core');",
} as const;
const main = (format: 'mjs' | 'cjs', body: string): string =>
  `${load[format]}\n(async () => { ${body} })().catch((error) => { console.error(error); process.exit(1); });`;

describe.each(['mjs', 'cjs'] as const)('the built package from a .%s program', (format) => {
  test('trap 1: has gradients, on the one tfjs-core of the process', async () => {
    const body = `
      const info = await engine();
      const own = await import('@tensorflow/tfjs-core');
      const slope = grad((x) => tf.sum(tf.pow(x, 3)))(tf.tensor1d([1, 2]));
      console.log(JSON.stringify({ name: info.name, slope: [...slope.dataSync()], one: own.Tensor === tf.Tensor }));`;
    const { result, stderr } = await consumer.run(main(format, body), { format });
    expect(result).toEqual({ name: 'wasm', slope: [3, 12], one: true });
    expect(stderr).toBe('');
  });

  test('trap 3: trains a convolution and an embedding on WebAssembly', async () => {
    // d/df sum(conv(x, f)) with f 1x1 is sum(x); the gradient of gather counts how often each row was taken.
    const body = `
      await engine();
      const x = tf.ones([1, 2, 3, 1]);
      const byFilter = grad((f) => tf.sum(tf.conv2d(x, f, 1, 'same')))(tf.ones([1, 1, 1, 1]));
      const byTable = grad((t) => tf.sum(tf.gather(t, tf.tensor1d([2, 0, 2], 'int32'))))(tf.ones([3, 1]));
      console.log(JSON.stringify([[...byFilter.dataSync()], [...byTable.dataSync()]]));`;
    expect((await consumer.run(main(format, body), { format })).result).toEqual([[6], [1, 0, 2]]);
  });

  test('trap 10: the cpu engine is asked for by name and says nothing', async () => {
    const body = `
      const { name } = await engine({ prefer: 'cpu' });
      console.log(JSON.stringify([name, tf.sum(tf.tensor1d([1, 2])).dataSync()[0]]));`;
    expect(await consumer.run(main(format, body), { format })).toEqual({ result: ['cpu', 3], stderr: '' });
  });

  test('leaves the error handling of the process alone', async () => {
    const body = `
      await engine();
      console.log(JSON.stringify(['uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name))));`;
    expect((await consumer.run(main(format, body), { format })).result).toEqual([0, 0]);
  });
});

describe('the engines that Node may have', () => {
  // A stand-in for the native package: a backend named as the native one is, on the cpu engine's kernels.
  const native = (extra = ''): Record<string, string> => ({
    'package.json': JSON.stringify({ name: 'fake', version: '4.22.0', main: 'index.js' }),
    'index.js': `
      const util = require('util');
      ${extra}
      if (util.isNullOrUndefined(0)) throw new Error('unreachable');
      const tf = require('@tensorflow/tfjs-core');
      const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu');
      tf.registerBackend('tensorflow', () => Object.assign(new MathBackendCPU(), { firstUse: false }), 3);
      tf.copyRegisteredKernels('cpu', 'tensorflow');
      tf.registerGradient({ kernelName: 'MirrorPad', gradFunc: () => { throw new Error('stock gradient'); } });
      exports.version = { 'tfjs-node': '4.22.0' };`,
  });
  const report = `
    const info = await engine();
    const pad = grad((x) => tf.sum(tf.mirrorPad(x, [[1, 1]], 'symmetric')))(tf.tensor1d([1, 2]));
    console.log(JSON.stringify({ ...info, memory: undefined, pad: [...pad.dataSync()] }));`;

  test('trap 9: a missing one is refused with the command that installs it', async () => {
    const body = `
      const errors = [];
      for (const prefer of ['node', 'node-gpu', 'webgpu'])
        await engine({ prefer }).catch((error) => errors.push([isLabError(error), error.code, error.details.hint ?? '']));
      console.log(JSON.stringify(errors));`;
    const { result } = await consumer.run(main('mjs', body), { format: 'mjs' });
    expect(result).toEqual([
      [true, 'missing', expect.stringContaining('npm install @tensorflow/tfjs-node@~4.22.0')],
      [true, 'missing', expect.stringContaining('npm install @tensorflow/tfjs-node-gpu@~4.22.0')],
      [true, 'unsupported', ''],
    ]);
  });

  test('trap 9: tried first when installed, with what Node 23 removed put back, and our gradients over its own', async () => {
    consumer.install('@tensorflow/tfjs-node', native());
    const source = main('mjs', report).replace(
      '(async',
      "import util from 'node:util'; delete util.isNullOrUndefined;\n(async",
    );
    const { result } = await consumer.run(source, { format: 'mjs' });
    expect(result).toMatchObject({ name: 'node', backend: 'tensorflow', version: '4.22.0', pad: [2, 2] });
    expect((result as { skipped: unknown[] }).skipped).toMatchObject([{ name: 'node-gpu' }]);
    consumer.install('@tensorflow/tfjs-node-gpu', native());
    expect((await consumer.run(main('cjs', report), { format: 'cjs' })).result).toMatchObject({
      name: 'node-gpu',
    });
  });

  test('one that is installed but broken is passed over with its reason, and refused by name', async () => {
    const broken = native("throw new Error('The binding is missing for this platform');");
    consumer.install('@tensorflow/tfjs-node', broken);
    consumer.install('@tensorflow/tfjs-node-gpu', broken);
    const { result } = await consumer.run(main('mjs', report), { format: 'mjs' });
    expect(result).toMatchObject({ name: 'wasm', pad: [2, 2] });
    expect((result as { skipped: unknown[] }).skipped).toMatchObject([
      { name: 'node-gpu', reason: expect.stringContaining('binding is missing') as string },
      { name: 'node', reason: expect.stringContaining('binding is missing') as string },
      { name: 'webgpu' },
    ]);
    const body =
      "await engine({ prefer: 'node' }).catch((error) => console.log(JSON.stringify(error.code)));";
    expect((await consumer.run(main('mjs', body), { format: 'mjs' })).result).toBe('unsupported');
  });
});

describe('trap 11: a second tfjs-core', () => {
  test.each([
    ['before', `require('other-core'); require('@lab/tensor-core');`],
    ['after', `const { engine } = require('@lab/tensor-core'); require('other-core'); await engine();`],
  ])('that was loaded %s is refused', async (_, body) => {
    // A copy of the library's own file under another name is what two versions in one tree are.
    consumer.install('other-core', {
      'package.json': JSON.stringify({ name: 'other-core', version: '4.21.0', main: 'index.js' }),
      'index.js': `
        const { readFileSync } = require('fs');
        const file = require.resolve('@tensorflow/tfjs-core');
        const copy = new (require('module'))(__filename, module);
        copy.filename = __filename; copy.paths = require('module')._nodeModulePaths(require('fs').realpathSync(file));
        copy._compile(readFileSync(file, 'utf8'), __filename);`,
    });
    const source = `(async () => { ${body} })().catch((error) => console.log(JSON.stringify([error.code, error.message])));`;
    const { result } = await consumer.run(source, { format: 'cjs' });
    expect(result).toEqual(['unsupported', expect.stringContaining('second copy of @tensorflow/tfjs-core')]);
  });
});
