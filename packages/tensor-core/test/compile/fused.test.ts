import {
  attend,
  engine,
  geluTanh,
  grad,
  hvp,
  layerNorm,
  logSoftmax,
  randomNormal,
  rotary,
  tf,
  type Tensor,
} from '@lab/tensor-core';
import { compile } from '@lab/tensor-core/compile';
import { foldIn, key } from '@lab/tensor-core/random';
import { beforeAll, describe, expect, test } from 'vitest';
import { distance } from '../support/check';
import { missing } from './support';

beforeAll(async () => {
  await engine({ prefer: 'wasm' });
});

const cases: readonly { readonly name: string; readonly shape: number[]; run(x: Tensor): Tensor }[] = [
  ...[2, 6, 16].map((width) => ({
    name: `rotary of width ${width}`,
    shape: [2, 3, 5, width],
    run: (x: Tensor) => rotary(x),
  })),
  { name: 'rotary of rows, later places', shape: [7, 4], run: (x) => rotary(x, { offset: 3, base: 50 }) },
  {
    name: 'rotary of what was transposed',
    shape: [2, 5, 3, 8],
    run: (x) => rotary(tf.transpose(x, [0, 2, 1, 3])),
  },
  { name: 'gelu by a hyperbolic tangent', shape: [3, 40], run: (x) => geluTanh(tf.mul(x, 3)) },
  {
    name: 'layerNorm',
    shape: [2, 4, 6],
    run: (x) => layerNorm({ size: 6, scale: false, bias: false }).apply({}, x),
  },
  {
    name: 'attention of what is scaled',
    shape: [2, 3, 5, 4],
    run: (x) => attend(rotary(x), tf.mul(x, 0.7), tf.neg(x), { causal: true }),
  },
  {
    name: 'rows with two small addends, between which axes were merged',
    shape: [2, 16, 5],
    run: (x) =>
      tf.add(
        tf.reshape(tf.add(tf.reshape(x, [32, 5]), tf.tensor1d([1, 2, 3, 4, 5])), [2, 16, 5]),
        tf.tensor1d([0, 0, -1e6, 0, 7]),
      ),
  },
  {
    name: 'two small addends of which one has another number for every sequence',
    shape: [2, 16, 5],
    run: (x) => tf.add(tf.add(x, tf.tensor3d([3, -4], [2, 1, 1])), tf.tensor1d([0, 1, 2, 3, 4])),
  },
  {
    name: 'an addend with another number for every sequence, then axes merged, then one for every row',
    shape: [2, 16, 40],
    run: (x) =>
      tf.add(
        tf.reshape(tf.add(x, tf.tensor3d([3, -4], [2, 1, 1])), [32, 40]),
        tf.reshape(tf.linspace(-1, 1, 32), [32, 1]),
      ),
  },
  { name: 'sums of long columns', shape: [70, 20], run: (x) => tf.sum(x, 0) },
  { name: 'logSoftmax', shape: [2, 3, 11], run: (x) => logSoftmax(tf.mul(x, 5)) },
  {
    name: 'logSoftmax beside an impossible entry',
    shape: [4, 3],
    run: (x) => tf.slice(logSoftmax(tf.add(x, tf.tensor1d([0, -1e6, 0]))), [0, 0], [4, 1]),
  },
];

test.skipIf(missing !== undefined)('a large number that is added and taken away again rounds', () => {
  const large = 1.5 * 2 ** 23;
  const rounded = compile((x: Tensor) => tf.add(tf.add(x, large), -large));
  expect([...rounded(tf.tensor1d(Array.from({ length: 40 }, (_, i) => i / 4))).dataSync()]).toEqual(
    // Halves go to the even neighbour.
    Array.from({ length: 40 }, (_, i) => (i % 4 === 2 ? 2 * Math.round(i / 8) : Math.round(i / 4))),
  );
  rounded.dispose();
});

describe.skipIf(missing !== undefined)(
  'what the runtime has as one operator is what the eager engine does',
  () => {
    test.each(cases)('$name: values, gradients, second derivatives', ({ shape, run }) => {
      const [x, along] = [randomNormal(key(0), shape), randomNormal(key(1), shape)];
      const both = (given: Tensor, direction: Tensor): Tensor[] => {
        const y = run(given);
        const weights = randomNormal(foldIn(key(2), 0), y.shape);
        const loss = (at: Tensor): Tensor => tf.sum(tf.mul(weights, tf.square(run(at))));
        return [y, grad(loss)(given), hvp(loss)(given, direction)];
      };
      const compiled = compile(both);
      const [found, expected] = [compiled(x, along), both(x, along)];
      found.forEach((each, i) => {
        const values = [...expected[i]!.dataSync()];
        const scale = Math.max(1, ...values.map(Math.abs));
        expect(
          distance([...each.dataSync()], values) / scale,
          ['value', 'gradient', 'second'][i],
        ).toBeLessThan(1e-5);
      });
      compiled.dispose();
    });
  },
);
