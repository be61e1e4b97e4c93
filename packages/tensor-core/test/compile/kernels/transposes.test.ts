import { conv2d, engine, grad, groupNorm, random, relu, sequential, tf } from '@lab/tensor-core';
import { expect, test } from 'vitest';
import { reachable } from '../../../src/compile/graph/reachable';
import { sizeOf } from '../../../src/compile/graph/graph';
import { mapKernels } from '../../../src/compile/kernels';
import { trace } from '../../../src/compile/trace/trace';

// The runtime has channels first, TensorFlow.js last. A net in between must not go back and forth.
test('a convolutional net with group norm stays channels first, forwards and backwards', async () => {
  await engine({ prefer: 'wasm' });
  mapKernels();
  const net = sequential(
    conv2d({ inputs: 1, outputs: 8, size: 3 }),
    relu,
    conv2d({ inputs: 8, outputs: 8, size: 3 }),
    groupNorm({ channels: 8, groups: 2 }),
    relu,
    conv2d({ inputs: 8, outputs: 8, size: 3, stride: 2 }),
    relu,
  );
  const params = net.init(random.key(0));
  const { outputs } = trace(({ input }) => {
    const x = input('x', [4, 12, 12, 1], 'float32');
    return grad((each: typeof params) => tf.sum(tf.square(tf.mean(net.apply(each, x), [1, 2]))))(params);
  });
  const { nodes } = reachable(outputs.map(({ value }) => value));
  expect(nodes.filter(({ op }) => op === 'Conv').length).toBeGreaterThanOrEqual(4);
  // Filters are turned; the smallest activation has 4 x 6 x 6 x 8 entries.
  const turned = nodes.filter(({ op, inputs }) => op === 'Transpose' && sizeOf(inputs[0]!) >= 4 * 6 * 6 * 8);
  expect(turned.map(({ inputs }) => inputs[0]!.shape)).toEqual([]);
  tf.dispose(params as never);
});
