import { conv2d, engine, grad, relu, tf, type Tensor, type Tensor4D } from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { key } from '@lab/tensor-core/random';
import { describe, expect, test } from 'vitest';
import { blockedConvolutions, blockedDomain } from '../../src/compile/graph/blocked-convolution';
import { withBiases } from '../../src/compile/graph/convolution-bias';
import { createGraph } from '../../src/compile/graph/graph';
import { reachable } from '../../src/compile/graph/reachable';
import type { Model } from '../../src/compile/graph/types';
import { loadRuntime } from '../../src/compile/runtime/binding';
import { channelBlock } from '../../src/compile/runtime/channel-block';
import { distance, spread } from '../support/check';
import { missing } from './support';

await engine({ prefer: 'wasm' });

const opsOf = ({ outputs }: Model): string[] =>
  reachable(outputs.map(({ value }) => value)).nodes.map(({ op, domain }) =>
    domain === '' ? op : `${domain}.${op}`,
  );

function convolution(channels: [number, number], size: number, biased: boolean): Model {
  const g = createGraph();
  const [inputs, outputs] = channels;
  const x = g.input('x', { shape: [2, inputs, size, size], dtype: 'float32' });
  const w = g.input('w', { shape: [outputs, inputs, 3, 3], dtype: 'float32' });
  const b = g.input('b', { shape: [1, outputs, 1, 1], dtype: 'float32' });
  const type = { shape: [2, outputs, size, size], dtype: 'float32' as const };
  const y = g.op('Conv', [x, w], type, { attributes: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] } });
  const named = { x, w, ...(biased ? { b } : {}) };
  return {
    name: 'convolution',
    inputs: Object.entries(named).map(([name, value]) => ({ name, value })),
    outputs: [{ name: 'y', value: biased ? g.op('Add', [b, y], type) : y }],
  };
}

test('a bias goes into the convolution that it is added to, unless the convolution is used elsewhere', () => {
  expect(opsOf(withBiases(convolution([3, 8], 4, true)))).toEqual(['Reshape', 'Conv']);
  const model = convolution([3, 8], 4, true);
  const bare = reachable(model.outputs.map(({ value }) => value)).nodes.find(({ op }) => op === 'Conv')!;
  const both = { ...model, outputs: [...model.outputs, { name: 'bare', value: bare.outputs[0]! }] };
  expect(opsOf(withBiases(both))).toEqual(['Conv', 'Add']);
});

test('large convolutions of whole blocks of channels take the blocked kernel, others do not', () => {
  const blocked = (channels: [number, number], size: number): boolean =>
    opsOf(blockedConvolutions(convolution(channels, size, false), 16)).includes(`${blockedDomain}.Conv`);
  expect([blocked([32, 32], 16), blocked([32, 24], 16), blocked([3, 32], 64), blocked([32, 32], 4)]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

describe.skipIf(missing !== undefined)('in the runtime', () => {
  test('the number of channels in a block is that of a vector', () => {
    expect([0, 8, 16]).toContain(channelBlock(loadRuntime()));
  });

  test.each([
    [1, 'same', 1],
    [2, 'same', 1],
    [1, 'valid', 1],
    [1, 'same', 2],
  ] as const)(
    'values and gradients equal the eager engine: stride %i, %s, dilation %i',
    (stride, padding, dilation) => {
      const layer = conv2d({ inputs: 32, outputs: 16, size: 3, stride, padding, dilation });
      const second = conv2d({ inputs: 16, outputs: 32, size: 3 });
      const params = [layer.init(key(0)), second.init(key(1))] as const;
      const biased = params.map((each) => ({ ...each, bias: tf.tensor1d(spread(each.bias!.size, 3)) }));
      const x: Tensor4D = tf.tensor4d(spread(3 * 18 * 20 * 32, 1), [3, 18, 20, 32]);
      const net = (p: typeof biased, input: Tensor): Tensor =>
        second.apply(p[1]!, relu(layer.apply(p[0]!, input)));
      const all = (p: typeof biased, input: Tensor) => {
        const slope = grad((q: typeof biased) => tf.mean(tf.square(net(q, input))))(p);
        return [net(p, input), ...slope.flatMap(({ weight, bias }) => [weight, bias])];
      };
      const f = compile(all);
      const [found, expected] = [f(biased, x), all(biased, x)];
      found.forEach((each, i) =>
        expect(distance(each.dataSync(), expected[i]!.dataSync())).toBeLessThan(2e-5),
      );
      f.dispose();
      tf.dispose([x, ...found, ...expected]);
    },
  );
});
