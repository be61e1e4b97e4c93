import { engine, grad, tf, type Tensor } from '@lab/tensor-core';
import { compile, exportOnnx } from '@lab/tensor-core/compile';
import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { createGraph } from '../../src/compile/graph/graph';
import { inBlocks } from '../../src/compile/graph/blocks';
import { reachable } from '../../src/compile/graph/reachable';
import { distance, spread } from '../support/check';
import { missing } from './support';

await engine({ prefer: 'wasm' });

/** Ops that keep the shape of [rows, columns]; none makes large numbers, so that rounding stays small. */
const ops: Record<string, (x: Tensor, y: Tensor) => Tensor> = {
  'times itself': (x) => tf.mul(tf.mul(x, x), 0.2),
  'half, plus the other': (x, y) => tf.add(tf.mul(x, 0.5), y),
  'minus its mean': (x) => tf.sub(x, tf.mean(x, -1, true)),
  softmax: (x) => tf.softmax(x),
  sigmoid: (x) => tf.sigmoid(x),
  'times a row': (x, y) => tf.mul(x, tf.slice(y, [0, 0], [1, y.shape[1]!])),
  'times a column': (x, y) => tf.mul(x, tf.slice(y, [0, 0], [y.shape[0], 1])),
  'less where negative': (x) => tf.mul(x, tf.cast(tf.greater(x, 0), 'float32')),
  'by the largest of the other': (x, y) => tf.sub(x, tf.max(y, -1, true)),
  'turned and back': (x) => tf.transpose(tf.exp(tf.neg(tf.square(tf.transpose(x))))),
};

describe.skipIf(missing !== undefined)('chains computed in blocks', () => {
  property.prop(
    [
      fc.array(fc.constantFrom(...Object.keys(ops)), { minLength: 4, maxLength: 9 }),
      fc.constantFrom<[number, number][]>([512, 384], [2048, 96], [1021, 200], [600_000, 1]),
      fc.constantFrom(1, 2),
    ],
    { numRuns: 12 },
  )('give what they give whole, gradients too', (names, shape, threads) => {
    const size = shape[0] * shape[1];
    const [x, y] = [tf.tensor(spread(size, 1), shape), tf.tensor(spread(size, 2), shape)];
    const chain = (a: Tensor, b: Tensor): Tensor => names.reduce((value, name) => ops[name]!(value, b), a);
    const both = (a: Tensor, b: Tensor): Tensor[] => [
      chain(a, b),
      grad((p: Tensor) => tf.sum(tf.sin(chain(p, b))))(a),
    ];
    const f = compile(both, { threads });
    const [found, expected] = [f(x, y), both(x, y)];
    found.forEach((each, i) => expect(distance(each.dataSync(), expected[i]!.dataSync())).toBeLessThan(2e-5));
    f.dispose();
    tf.dispose([x, y, ...found, ...expected]);
  });

  test('only chains that are long and large are cut, and joined only where something else needs them', () => {
    const model = (rows: number, length: number) => {
      const g = createGraph();
      const type = { shape: [rows, 512], dtype: 'float32' as const };
      const x = g.input('x', type);
      let y = g.op('Exp', [x], type);
      for (let i = 1; i < length; i++) y = g.op('Neg', [y], type);
      return { name: 'chain', inputs: [{ name: 'x', value: x }], outputs: [{ name: 'y', value: y }] };
    };
    const count = (rows: number, length: number, op: string): number =>
      reachable(inBlocks(model(rows, length), 1).outputs.map(({ value }) => value)).nodes.filter(
        (node) => node.op === op,
      ).length;
    // 1024 x 512 is 8 blocks of 65,536.
    expect([count(1024, 6, 'Split'), count(1024, 6, 'Exp'), count(1024, 6, 'Concat')]).toEqual([1, 8, 1]);
    expect([count(1024, 2, 'Split'), count(16, 6, 'Split')]).toEqual([0, 0]);
  });

  test('a bias is added in the blocks of what follows', () => {
    const g = createGraph();
    const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
    const [x, weight, bias] = [g.input('x', f32(1024, 8)), g.input('w', f32(8, 512)), g.input('b', f32(512))];
    let y = g.op('Add', [g.op('MatMul', [x, weight], f32(1024, 512)), bias], f32(1024, 512));
    for (let i = 0; i < 6; i++) y = g.op('Neg', [y], y);
    const inputs = [x, weight, bias].map((value, i) => ({ name: `x${i}`, value }));
    const { outputs } = inBlocks({ name: 'layer', inputs, outputs: [{ name: 'y', value: y }] }, 1);
    const made = reachable(outputs.map(({ value }) => value)).nodes.map(({ op }) => op);
    expect(['Add', 'Neg'].map((op) => made.filter((each) => each === op).length)).toEqual([8, 48]);
  });

  test('files are not cut', () => {
    const file = exportOnnx(
      (x: Tensor) => tf.exp(tf.sin(tf.cos(tf.neg(tf.sigmoid(x))))),
      [tf.zeros([1024, 512])],
    );
    expect(Buffer.from(file).toString('latin1')).not.toContain('Split');
  });
});
