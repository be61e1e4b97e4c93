import { engine, grad, layerNorm, randomNormal, tf, type Tensor } from '@lab/tensor-core';
import { compile, exportOnnx } from '@lab/tensor-core/compile';
import { key } from '@lab/tensor-core/random';
import '@lab/testing';
import { expect, test } from 'vitest';
import { add, mul, number } from '../../src/compile/graph/arithmetic';
import { reshape } from '../../src/compile/graph/arrange';
import { cast } from '../../src/compile/graph/elementwise';
import { createGraph } from '../../src/compile/graph/graph';
import { product } from '../../src/compile/graph/product';
import { reachable } from '../../src/compile/graph/reachable';
import type { Graph, Value } from '../../src/compile/graph/types';
import { missing } from './support';

await engine({ prefer: 'wasm' });

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

/** The operators that compute a value, in their order. */
function operators(build: (g: Graph) => Value): string[] {
  return reachable([build(createGraph())]).nodes.map(({ op }) => op);
}

test('a truth value that is made a whole number and then a number is made one at once', () => {
  const made = operators((g) =>
    cast(g, cast(g, g.input('x', { shape: [3, 4], dtype: 'bool' }), 'int32'), 'float32'),
  );
  expect(made).toEqual(['Cast']);
});

test('a known factor becomes part of a product, also from before a reshape', () => {
  const made = operators((g) => {
    const x = g.input('x', f32(6, 4));
    return product(g, reshape(g, mul(g, x, number(g, 0.5, x)), [2, 3, 4]), g.input('y', f32(2, 4, 5)));
  });
  expect(made).toEqual(['Reshape', 'FusedMatMul']);
});

test('of a large turned factor and a wide one the wide one is turned, and the result', () => {
  const made = (count: number, rows: number, columns: number) =>
    operators((g) => product(g, g.input('x', f32(count, rows)), g.input('y', f32(count, columns)), true));
  expect(made(1024, 128, 512)).toEqual(['FusedMatMul', 'Transpose']);
  expect(made(1024, 128, 256)).toEqual(['FusedMatMul']);
  expect(made(64, 128, 512)).toEqual(['FusedMatMul']);
});

test.skipIf(missing !== undefined)('and that is the same product', () => {
  const [x, y] = [randomNormal(key(0), [512, 128]), randomNormal(key(1), [512, 640])];
  const f = compile((a: Tensor, b: Tensor) => tf.matMul(tf.mul(a, 3), b, true));
  const [found, expected] = [f(x, y), tf.matMul(tf.mul(x, 3), y, true)];
  expect(found).toBeAllclose(expected, { rtol: 1e-5, atol: 1e-3 });
  f.dispose();
  tf.dispose([x, y, found, expected]);
});

test('of two rows that are added one after the other the sum is added', () => {
  const rows = (g: Graph): Value[] => ['b', 'c'].map((name) => g.input(name, f32(5)));
  const g = createGraph();
  const [b, c] = rows(g) as [Value, Value];
  const sum = add(g, reshape(g, add(g, g.input('x', f32(32, 5)), b), [2, 16, 5]), c);
  const sizes = reachable([sum]).nodes.flatMap(({ op, outputs }) =>
    op === 'Add' ? [outputs[0]!.shape] : [],
  );
  expect(sizes).toEqual([[5], [32, 5]]);
});

test('the gradient of layer normalisation computes nothing for what only second derivatives need', () => {
  const slope = (x: Tensor): Tensor =>
    grad((at: Tensor) => tf.sum(tf.exp(layerNorm({ size: 6, scale: false, bias: false }).apply({}, at))))(x);
  // Division by the number of entries, which means need not: they are an operator of their own.
  expect(Buffer.from(exportOnnx(slope, [tf.zeros([4, 6])])).toString('latin1')).not.toContain('Div');
});
