import { adam, disposeTree, engine, tf, trainStep, valueAndGrad, type Tensor } from '@lab/tensor-core';
import { exportOnnx } from '@lab/tensor-core/compile';
import { foldIn, key, normal } from '@lab/tensor-core/random';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { distance } from '../support/check';
import { tasks } from './networks';
import { missing } from './support';

await engine({ prefer: 'wasm' });

/** What a program that knows nothing of this project makes of a file. */
async function runFile(
  file: Uint8Array,
  inputs: Readonly<Record<string, Tensor>>,
): Promise<Record<string, number[]>> {
  const session = await InferenceSession.create(file, { graphOptimizationLevel: 'disabled' });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [
      name,
      new OrtTensor(x.dtype as 'float32', x.dataSync() as never, x.shape),
    ]),
  );
  const found = await session.run(feeds);
  await session.release();
  return Object.fromEntries(
    Object.entries(found).map(([name, x]) => [name, Array.from(x.data as Float32Array)]),
  );
}

/** Names of operators as they stand in the file. */
const text = (file: Uint8Array): string => Buffer.from(file).toString('latin1');

describe.skipIf(missing !== undefined)('exportOnnx', () => {
  test.each(tasks)(
    'a $name and its gradients, in standard operators alone',
    async ({ params, loss, batch }) => {
      const [weights, data] = [params(key(0)), batch(key(1)) as Record<string, Tensor>];
      const both = (given: unknown) =>
        valueAndGrad((p: unknown) => loss(p as never, given as never, key(2)))(weights);
      const file = exportOnnx(both, [data]);
      expect(text(file)).not.toMatch(/com\.microsoft|FusedMatMul/);
      const inputs = Object.fromEntries(Object.entries(data).map(([name, x]) => [`input0.${name}`, x]));
      const found = await runFile(file, inputs);
      const expected = both(data);
      expect(distance(found['output.value']!, [...expected.value.dataSync()])).toBeLessThan(1e-5);
      const names = Object.keys(found).filter((name) => name.startsWith('output.grads.'));
      expect(names.length).toBeGreaterThan(3);
      for (const name of names) {
        const leaf = name
          .split('.')
          .slice(2)
          .reduce<unknown>((tree, part) => (tree as Record<string, unknown>)[part], expected.grads) as Tensor;
        expect(distance(found[name]!, [...leaf.dataSync()]), name).toBeLessThan(1e-4);
      }
    },
  );

  test('a whole training step, its keys drawn outside', async () => {
    const task = tasks[0]!;
    const optimizer = adam({ learningRate: 0.01 });
    const weights = task.params(key(0));
    const state = { params: weights, optimizer: optimizer.init(weights), average: undefined };
    const data = task.batch(key(1)) as Record<string, Tensor>;
    const step = trainStep<unknown, unknown>({ loss: task.loss as never, optimizer });
    const file = exportOnnx(
      (batch: unknown, at: readonly [number, number]) => step(state, batch, at).state.params,
      [data, key(5)] as const,
      { keyArguments: [1] },
    );
    const noise = tf.tensor(normal(key(5), [12, 8]), [12, 8]);
    const found = await runFile(file, { 'input0.x': data['x']!, 'input0.y': data['y']!, draw0: noise });
    const expected = step(state, data, key(5)).state.params as { weight: Tensor; bias: Tensor }[];
    const first = Object.entries(found).find(([name]) => /weight$/.test(name))!;
    const leaf = first[0]
      .split('.')
      .slice(1)
      .reduce<unknown>((tree, part) => (tree as Record<string, unknown>)[part], expected) as Tensor;
    expect(distance(first[1], [...leaf.dataSync()])).toBeLessThan(1e-5);
    disposeTree(data);
    expect(foldIn(key(5), 0)).toHaveLength(2);
  });

  test('names, whole numbers, truth values and constants', async () => {
    const file = exportOnnx(
      (x: Tensor, { ids }: { ids: Tensor }) => ({
        rows: tf.gather(x, ids),
        large: tf.greater(x, 2),
        one: tf.ones([2]),
        same: x,
      }),
      [tf.tensor2d([1, 2, 3, 4], [2, 2]), { ids: tf.tensor1d([1, 1], 'int32') }],
      { name: 'rows of a table' },
    );
    expect(text(file)).toContain('rows of a table');
    const found = await runFile(file, {
      input0: tf.tensor2d([5, 6, 1, 0], [2, 2]),
      'input1.ids': tf.tensor1d([1, 0], 'int32'),
    });
    expect(found).toEqual({
      'output.rows': [1, 0, 5, 6],
      'output.large': [1, 1, 0, 0],
      'output.one': [1, 1],
      'output.same': [5, 6, 1, 0],
    });
    expect(
      Object.keys(
        await runFile(
          exportOnnx((x: Tensor) => tf.neg(x), [tf.scalar(1)]),
          { input0: tf.scalar(2) },
        ),
      ),
    ).toEqual(['output']);
  });
});
